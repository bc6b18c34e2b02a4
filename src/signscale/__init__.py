"""SignScale: the pre-training system of "Scaling up Multimodal Pre-training for Sign Language Understanding",
from raw video to benchmark tables."""

import importlib

__version__ = "0.3.0"


def __getattr__(name: str):
    """`signscale.SignScale`, imported only when asked for: it brings torch along."""
    if name == "SignScale":
        return importlib.import_module("signscale.predict.model").SignScale
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
