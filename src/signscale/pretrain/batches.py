"""Batches of pre-training: augmented, masked and padded clips with the token features of their distinct sentences."""

import numpy as np
import torch

from signscale.data.batches import pad
from signscale.data.clips import ClipRef, evaluation_pose, training_frames, training_pose
from signscale.data.masking import mask_pose
from signscale.data.randomness import generator
from signscale.formats.skeleton import NODES
from signscale.params import PretrainParams
from signscale.pretrain.model import PretrainBatch
from signscale.text.padding import padded_text
from signscale.text.store import TextStore


class PretrainBatches:
    """Makes the batch of any indices in any epoch; what it makes depends on (seed, epoch, sample ids) alone."""

    def __init__(self, refs: list[ClipRef], store: TextStore, params: PretrainParams, seed: int):
        self.refs, self.store, self.params, self.seed = refs, store, params, seed
        self.rows = [store.index(r.sample.text, r.sample.language) if r.sample.text else -1 for r in refs]

    def lengths(self, epoch: int) -> np.ndarray:
        """Frames of every clip as `make` will have it in one epoch (samples,), for batches with little padding."""
        params, longest = self.params.augment, self.params.model.max_frames
        return np.array([training_frames(ref, params, longest, self.seed, epoch) for ref in self.refs])

    def make(self, indices: np.ndarray, epoch: int, held_out: bool = False) -> PretrainBatch:
        """The batch of samples `indices`, which may be none (a rank's share of a small batch).

        held_out: no augmentation.
        """
        if len(indices) == 0:
            return self._nothing()
        targets, masks = [], []
        for index in indices:
            ref = self.refs[index]
            if held_out:
                pose = evaluation_pose(ref, self.params.model.max_frames)
            else:
                pose = training_pose(ref, self.params.augment, self.params.model.max_frames, self.seed, epoch)
            rng = generator(self.seed, "mask", epoch, ref.sample.sample_id)
            targets.append(pose)
            masks.append(mask_pose(pose, self.params.mask, rng))
        target, valid = pad(targets)
        rows = [self.rows[index] for index in indices]
        distinct = sorted({row for row in rows if row >= 0})
        text, text_valid = padded_text(self.store, distinct)
        column = {row: k for k, row in enumerate(distinct)} | {-1: -1}
        return PretrainBatch(
            masked=torch.from_numpy(pad([masked for masked, _ in masks])[0]),
            target=torch.from_numpy(target),
            touched=torch.from_numpy(pad([touched for _, touched in masks])[0]),
            valid=torch.from_numpy(valid),
            text=text,
            text_valid=text_valid,
            text_id=torch.tensor(distinct, dtype=torch.long),
            text_of_clip=torch.tensor([column[row] for row in rows], dtype=torch.long),
        )

    def _nothing(self) -> PretrainBatch:
        """A batch of no clip, so that a rank without one still takes its part in what all ranks compute together."""
        pose, touched = torch.zeros(0, 1, NODES, 3), torch.zeros(0, 1, NODES, dtype=torch.bool)
        number = torch.zeros(0, dtype=torch.long)
        return PretrainBatch(pose, pose, touched, touched[..., 0], *padded_text(self.store, []), number, number)
