"""SignScale: the pre-training system of "Scaling up Multimodal Pre-training for Sign Language Understanding",
from raw video to benchmark tables."""

__version__ = "0.1.0"
