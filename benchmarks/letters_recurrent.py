"""A recurrent baseline for the letters: a bidirectional GRU over hands and arms, with the model's inputs and recipe.

Same clips, augmentation, frames, batches, epochs, optimiser, schedule as the model of benchmarks/letters.py; only the
network differs. Fixed before any run: two layers of 96 units, mean over frames, dropout .3.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.data.batches import length_bucketed, pad
from signscale.data.clips import ClipRef, evaluation_pose, segment_frames, training_frames, training_pose
from signscale.data.randomness import generator
from signscale.finetune.run import rate_factor
from signscale.formats.skeleton import NODE_BODY, NODE_LEFT_HAND, NODE_RIGHT_HAND
from signscale.tasks.islr import IslrParams

NODES = np.concatenate([NODE_BODY, NODE_LEFT_HAND, NODE_RIGHT_HAND])


class Recurrent(nn.Module):
    """(B, T, 79, 3) and the mask (B, T) -> logits (B, classes)."""

    def __init__(self, classes: int, units: int = 96, dropout: float = 0.3):
        super().__init__()
        self.layers = nn.GRU(3 * len(NODES), units, 2, batch_first=True, bidirectional=True, dropout=dropout)
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * units, classes))

    def forward(self, pose: Tensor, valid: Tensor) -> Tensor:
        """Logits of each clip, from the mean of its frames."""
        rows = nn.utils.rnn.pack_padded_sequence(
            pose[:, :, NODES].flatten(2), valid.sum(dim=1), batch_first=True, enforce_sorted=False
        )
        features, lengths = nn.utils.rnn.pad_packed_sequence(self.layers(rows)[0], batch_first=True)
        return self.classify(features.sum(dim=1) / lengths[:, None])


def _batch(poses: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    pose, valid = pad(poses)
    return torch.from_numpy(pose), torch.from_numpy(valid)


def predict_recurrent(
    recipe: IslrParams, labels: list[str], train: list[ClipRef], test: list[ClipRef], seed: int
) -> list[dict]:
    """Train to the last epoch; one prediction line a test clip."""
    net = Recurrent(len(labels))
    optimizer = torch.optim.AdamW(net.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    steps = -(-len(train) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(recipe, step, steps))
    for epoch in range(recipe.epochs):
        net.train()
        frames = [training_frames(ref, recipe.augment, recipe.max_frames, seed, epoch) for ref in train]
        for indices in length_bucketed(np.minimum(frames, recipe.frames), recipe.batch_size, seed, epoch):
            refs = [train[k] for k in indices]
            poses = [
                segment_frames(
                    training_pose(ref, recipe.augment, recipe.max_frames, seed, epoch),
                    recipe.frames,
                    generator(seed, "frames", epoch, ref.sample.sample_id),
                )
                for ref in refs
            ]
            target = torch.tensor([labels.index(ref.sample.label) for ref in refs])
            loss = F.cross_entropy(net(*_batch(poses)), target, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    net.eval()
    with torch.no_grad():
        poses = [segment_frames(evaluation_pose(ref, recipe.max_frames), recipe.frames, None) for ref in test]
        order = net(*_batch(poses)).argsort(dim=1, descending=True)
    return [
        {"sample_id": ref.sample.sample_id, "label": ref.sample.label, "ranked": [labels[k] for k in row]}
        for ref, row in zip(test, order.tolist(), strict=True)
    ]
