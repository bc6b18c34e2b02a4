"""Recipes of the four tasks, small, and features to give their heads."""

import pytest
import torch
from tiny_world import STILL, make_params

OWN = {
    "islr": {"label_smoothing": 0.2, "frames": 32},
    "cslr": {"hidden": 6, "beam": 10},
    "slt": {"width": 8, "blocks": 2, "heads": 2, "beam": 4, "vocabulary": 40, "max_tokens": 6, "label_smoothing": 0.1},
    "retrieval": {"window": 4, "shared_width": 5, "temperature": 0.07},
}


@pytest.fixture
def recipe(root):
    """The function that makes a task's recipe."""

    def make(task, **changes):
        own = OWN[task] | {"dropout": 0.0, "augment": STILL} | changes
        return getattr(make_params(root, {"finetune": {task: own}}).finetune, task)

    return make


@pytest.fixture
def padded():
    """The function that makes features (B, T, 7) of given lengths, zero in the padding as the encoder's, and a mask."""

    def make(lengths, seed=0):
        torch.manual_seed(seed)
        valid = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        return torch.randn(len(lengths), max(lengths), 7).masked_fill(~valid[..., None], 0), valid

    return make
