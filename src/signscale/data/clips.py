"""Clips of packed corpora as the network sees them: augmented from pixels for training, as they are for evaluation."""

from dataclasses import dataclass

import numpy as np

from signscale.corpora.parts import in_subset, is_first_view
from signscale.data.augment import augment, resampled_length
from signscale.data.normalise import normalise
from signscale.data.randomness import generator
from signscale.formats.packed import PackedCorpus
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip, Shard
from signscale.params import AugmentParams


@dataclass(frozen=True, slots=True)
class ClipRef:
    """Where the keypoints of one sample are stored."""

    sample: Sample
    shard: Shard
    index: int

    @property
    def frames(self) -> int:
        """Length in frames as packed."""
        return int(self.shard.offsets[self.index + 1] - self.shard.offsets[self.index])


def clips_of(pack: PackedCorpus, needs: str, splits: list[str], subset: str = "") -> list[ClipRef]:
    """The clips of some splits, once each, with a target and a class of the published subset ("": any).

    needs: the field of a sample that is the target, Task.needs.
    """
    return [
        ClipRef(sample, pack.shard, index)
        for index, sample in enumerate(pack.samples)
        if sample.split in splits and is_first_view(sample) and getattr(sample, needs) and in_subset(sample, subset)
    ]


def few_shot(train: list[ClipRef], shots: int, seed: int) -> list[ClipRef]:
    """`shots` clips of each class (all, if it has no more), drawn by (seed, shots, class); all clips with 0 shots."""
    if not shots:
        return train
    classes: dict[str, list[ClipRef]] = {}
    for ref in train:
        classes.setdefault(ref.sample.label, []).append(ref)
    dealt = []
    for label, refs in sorted(classes.items()):
        order = generator(seed, "low-shot", shots, label).permutation(len(refs))
        dealt += [refs[k] for k in order[:shots]]
    return dealt


def is_identity(params: AugmentParams) -> bool:
    """True if no augmentation is asked for."""
    return not any(params.model_dump().values())


def centre_cut(clip: np.ndarray, frames: int) -> np.ndarray:
    """The middle `frames` frames of a longer clip, a shorter one as it is."""
    start = max(0, (len(clip) - frames) // 2)
    return clip[start : start + frames]


def still_pose(clip: Clip, max_frames: int) -> np.ndarray:
    """(T, 79, 3) as the network sees a clip when nothing is random, at most max_frames long (the middle)."""
    return normalise(centre_cut(clip.keypoints, max_frames), clip.size)


def evaluation_pose(ref: ClipRef, max_frames: int) -> np.ndarray:
    """(T, 79, 3) of a packed clip when nothing is random."""
    return still_pose(ref.shard.clip(ref.index), max_frames)


def training_pose(ref: ClipRef, params: AugmentParams, max_frames: int, seed: int, epoch: int) -> np.ndarray:
    """(T, 79, 3) of the clip in one epoch: augmented by (seed, epoch, sample id), then normalised."""
    if is_identity(params):
        return evaluation_pose(ref, max_frames)
    clip = ref.shard.clip(ref.index)
    rng = generator(seed, "augment", epoch, ref.sample.sample_id)
    drawn = augment(centre_cut(clip.keypoints, max_frames), clip.size, params, rng)
    return normalise(centre_cut(drawn, max_frames), clip.size)


def training_frames(ref: ClipRef, params: AugmentParams, max_frames: int, seed: int, epoch: int) -> int:
    """How long `training_pose` will be, without making it."""
    frames = min(ref.frames, max_frames)
    if not is_identity(params):
        frames = resampled_length(frames, params, generator(seed, "augment", epoch, ref.sample.sample_id))
    return min(frames, max_frames)


def segment_frames(pose: np.ndarray, frames: int, rng: np.random.Generator | None) -> np.ndarray:
    """(T, 79, 3) -> (min(T, frames), 79, 3): one frame of each of `frames` equal segments of a longer clip.

    With a generator a random one (training), without the middle one (testing); a shorter clip stays as it is.
    PAPER: Table III, "32 frames, random / centre sampling".
    """
    if len(pose) <= frames:
        return pose
    edges = np.linspace(0, len(pose), frames + 1)
    within = 0.5 if rng is None else rng.random(frames)
    return pose[(edges[:-1] + within * np.diff(edges)).astype(int)]
