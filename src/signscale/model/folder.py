"""A model on disk, as Hugging Face lays it out: a folder with config.json (what it is), model.safetensors (its weights:
model.weights) and, where it writes text, tokenizer.model. Beside them lie preprocessor_config.json and the card.

Every plan reads this module, so it does not import torch.
"""

from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.files import read_json
from signscale.formats.reading import reading

TOKENIZER = "tokenizer.model"
FILES = ("config.json", "model.safetensors", "preprocessor_config.json", "README.md")
"""What every model folder holds; one that writes text has its tokenizer too."""


def load_config(folder: Path) -> dict[str, Any]:
    """The config of a model folder; raises SignScaleError if there is none."""
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise SignScaleError(f"{folder}: not a model folder (it has no config.json); train or pull it again")
    config = read_json(path, "train or pull it again")
    if not isinstance(config, dict):
        raise SignScaleError(f"{folder}: not a model folder (config.json holds no keys); train or pull it again")
    return config


def load_tokenizer(folder: Path) -> bytes:
    """The sentencepiece model of a model folder; raises SignScaleError if it is absent."""
    path = Path(folder) / TOKENIZER
    with reading(path, "a tokenizer", "train or pull it again"):
        return path.read_bytes()
