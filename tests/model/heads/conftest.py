"""Recipes of the four tasks, small."""

import pytest
import torch
from tiny_world import STILL

from signscale.params import CslrParams, IslrParams, RetrievalParams, SltParams

COMMON = {"epochs": 1, "batch_size": 4, "learning_rate": 1e-3, "encoder_rate": 0.1, "weight_decay": 0.0}
COMMON |= {"schedule": "cosine", "step_epochs": 1, "warmup_share": 0.0, "dropout": 0.0, "augment": STILL}
OWN = {
    "islr": (IslrParams, {"label_smoothing": 0.2, "frames": 32}),
    "cslr": (CslrParams, {"hidden": 6, "beam": 10}),
    "slt": (
        SltParams,
        {"width": 8, "blocks": 2, "heads": 2, "beam": 4, "vocabulary": 40, "max_tokens": 6, "label_smoothing": 0.1},
    ),
    "retrieval": (RetrievalParams, {"window": 4, "shared_width": 5, "temperature": 0.07}),
}


@pytest.fixture
def recipe():
    """The function that makes a task's recipe."""

    def make(task, **changes):
        kind, own = OWN[task]
        return kind.model_validate(COMMON | own | changes)

    return make


@pytest.fixture
def padded():
    """The function that makes features (B, T, 7) of given lengths, with rubbish in the padding, and their mask."""

    def make(lengths, seed=0):
        torch.manual_seed(seed)
        valid = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        return torch.randn(len(lengths), max(lengths), 7).masked_fill(~valid[..., None], 0), valid

    return make
