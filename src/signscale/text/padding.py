"""Token features of several sentences as one padded batch."""

import torch

from signscale.data.batches import pad
from signscale.text.store import TextStore


def padded_text(store: TextStore, rows: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token features of some sentences of the store: float (U, n, width) and bool (U, n)."""
    if not rows:
        return torch.zeros(0, 1, store.width), torch.zeros(0, 1, dtype=torch.bool)
    features, valid = pad([store.features(row) for row in rows])
    return torch.from_numpy(features), torch.from_numpy(valid)
