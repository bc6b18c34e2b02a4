"""What the parts of `make bench-gpu` share: sizes for a GPU and for a trial without one, and what is left out."""

from pathlib import Path

from signscale.params import PretrainParams, load_params

ROOT = Path(__file__).parents[2]
SMALL = {"graph_channels": [8, 16], "part_width": 32, "blocks": 2, "heads": 2, "shared_width": 16}


class SkippedError(Exception):
    """A part cannot be measured here; its text says why."""


def settings_for(device: str, dropout: bool = True) -> PretrainParams:
    """The paper's pre-training; on a CPU with a small model."""
    paper = load_params(ROOT, "paper").pretrain
    changes = ({} if device == "cuda" else SMALL) | ({} if dropout else {"dropout": 0.0})
    return paper.model_copy(update={"model": paper.model.model_copy(update=changes)})


def rounded(value: float, digits: int = 4) -> float:
    """To so many significant digits."""
    return float(f"{value:.{digits}g}")
