"""The clips of fine-tuning, as one model sees them."""

import numpy as np

from signscale.data.clips import ClipRef
from signscale.data.loader import Place, TrainingClips
from signscale.tasks.model import TaskModel


class FinetuneClips(TrainingClips):
    """Training clips as the model's recipe augments and samples them; a function of (seed, epoch, sample id)."""

    def __init__(self, model: TaskModel, refs: list[ClipRef], seed: int):
        self.model, self.refs, self.seed = model, refs, seed

    def __len__(self) -> int:
        return len(self.refs)

    def __getitem__(self, place: Place) -> np.ndarray:
        """(T, 79, 3) of one clip in one epoch."""
        epoch, index = place
        return self.model.clip(self.refs[index], self.seed, epoch)

    def lengths(self, epoch: int) -> np.ndarray:
        """Frames of every clip in one epoch, int (clips,)."""
        return np.array([self.model.frames(ref, self.seed, epoch) for ref in self.refs])
