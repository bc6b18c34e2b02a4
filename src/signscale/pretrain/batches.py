"""Batches of pre-training: augmented, masked and padded clips with the token features of their distinct sentences."""

from dataclasses import dataclass

import numpy as np
import torch

from signscale.data.batches import pad
from signscale.data.clips import ClipRef, evaluation_pose, training_frames, training_pose
from signscale.data.loader import Place, TrainingClips
from signscale.data.masking import mask_pose
from signscale.data.randomness import generator
from signscale.formats.skeleton import NODES
from signscale.params import PretrainParams
from signscale.pretrain.model import PretrainBatch
from signscale.text.padding import padded_text
from signscale.text.store import TextStore


@dataclass(frozen=True, slots=True)
class MaskedClip:
    """One clip. pose, masked: (T, 79, 3) before and after masking; touched: bool (T, 79); row: of its text, or -1."""

    pose: np.ndarray
    masked: np.ndarray
    touched: np.ndarray
    row: int


class PretrainClips(TrainingClips):
    """The clips of pre-training and their batches; both depend on (seed, epoch, sample ids) alone.

    held_out: clips that are only measured, so without augmentation.
    """

    def __init__(
        self, refs: list[ClipRef], store: TextStore, params: PretrainParams, seed: int, held_out: bool = False
    ):
        self.refs, self.store, self.params, self.seed, self.held_out = refs, store, params, seed, held_out
        self.rows = [store.index(r.sample.text, r.sample.language) if r.sample.text else -1 for r in refs]

    def __len__(self) -> int:
        return len(self.refs)

    def __getitem__(self, place: Place) -> MaskedClip:
        (epoch, index), longest = place, self.params.model.max_frames
        ref = self.refs[index]
        if self.held_out:
            pose = evaluation_pose(ref, longest)
        else:
            pose = training_pose(ref, self.params.augment, longest, self.seed, epoch)
        rng = generator(self.seed, "mask", epoch, ref.sample.sample_id)
        return MaskedClip(pose, *mask_pose(pose, self.params.mask, rng), self.rows[index])

    def lengths(self, epoch: int) -> np.ndarray:
        """Frames of every clip in one epoch, int (clips,)."""
        params, longest = self.params, self.params.model.max_frames
        if self.held_out:
            return np.array([min(ref.frames, longest) for ref in self.refs])
        return np.array([training_frames(ref, params.augment, longest, self.seed, epoch) for ref in self.refs])

    def parts(self, clips: list[MaskedClip], count: int) -> list[PretrainBatch]:
        """A rank's share of a batch in so many micro-batches; the last batch of an epoch may leave some empty."""
        cuts = np.array_split(np.arange(len(clips)), count)
        return [self.collate([clips[k] for k in cut]) for cut in cuts]

    def collate(self, clips: list[MaskedClip]) -> PretrainBatch:
        """The batch of some clips, which may be none (a rank's share of a small batch)."""
        if not clips:
            return self._nothing()
        target, valid = pad([clip.pose for clip in clips])
        distinct = sorted({clip.row for clip in clips if clip.row >= 0})
        text, text_valid = padded_text(self.store, distinct)
        column = {row: k for k, row in enumerate(distinct)} | {-1: -1}
        return PretrainBatch(
            masked=torch.from_numpy(pad([clip.masked for clip in clips])[0]),
            target=torch.from_numpy(target),
            touched=torch.from_numpy(pad([clip.touched for clip in clips])[0]),
            valid=torch.from_numpy(valid),
            text=text,
            text_valid=text_valid,
            text_id=torch.tensor(distinct, dtype=torch.long),
            text_of_clip=torch.tensor([column[clip.row] for clip in clips], dtype=torch.long),
        )

    def _nothing(self) -> PretrainBatch:
        """A batch of no clip, so that a rank without one still takes its part in what all ranks compute together."""
        pose, touched = torch.zeros(0, 1, NODES, 3), torch.zeros(0, 1, NODES, dtype=torch.bool)
        number = torch.zeros(0, dtype=torch.long)
        return PretrainBatch(pose, pose, touched, touched[..., 0], *padded_text(self.store, []), number, number)
