"""The four tasks' heads over the pose encoder, all of one shape.

A head learns its vocabulary from training samples, turns sign features and samples into a loss, and sign features into
prediction lines. Features come as (B, T, width) with a bool mask (B, T); samples carry the targets.
"""

from typing import Any, Protocol

import numpy as np
from torch import Tensor

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.params import FinetuneParams, RecipeParams


class SentenceFeatures(Protocol):
    """Where the features of sentences come from: a text store, or the live encoder (signscale.text.live)."""

    encoder: str
    width: int

    def index(self, text: str, sign_language: str) -> int:
        """Number of a sentence."""

    def features(self, index: int) -> np.ndarray:
        """float32 (n, width): one row a token."""


class Head(Protocol):
    """What fine-tuning and evaluation need of a task."""

    selection: str  # the dev measure that chooses the checkpoint, as evaluate.score names it

    def loss(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> Tensor:
        """The training loss of a batch, a scalar."""

    def predict(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> list[dict[str, Any]]:
        """One prediction line a clip, as evaluate.score reads them (retrieval: of a whole split's windows at once)."""


def recipe_of(task: str, params: FinetuneParams) -> RecipeParams:
    """The params section of a task."""
    return getattr(params, task)


def learn_vocabulary(task: str, samples: list[Sample], recipe: RecipeParams) -> Any:
    """What the head must know of the training texts: classes or glosses (list), a tokenizer (bytes), or None.

    Raises SignScaleError if the training samples have no target for the task.
    """
    from signscale.tasks import cslr, islr, slt

    learn = {"islr": islr.classes, "cslr": cslr.glosses, "slt": slt.train_tokenizer}.get(task)
    vocabulary = learn(samples, recipe) if learn else None
    if vocabulary is not None and not vocabulary:
        raise SignScaleError(f"{task}: no training sample has a target; choose another corpus or task")
    return vocabulary


def is_long_enough(task: str, sample: Sample, frames: int) -> bool:
    """True if a clip of `frames` frames can carry its target; only CTC asks for a least length."""
    from signscale.tasks.cslr import ctc_steps, ctc_steps_needed

    return task != "cslr" or ctc_steps(frames) >= ctc_steps_needed(sample.gloss.split())


def build_head(task: str, recipe: RecipeParams, width: int, vocabulary: Any, store: SentenceFeatures) -> Any:
    """The head of a task for features of `width`."""
    if task == "islr":
        from signscale.tasks.islr import IslrHead

        return IslrHead(recipe, width, vocabulary)
    if task == "cslr":
        from signscale.tasks.cslr import CslrHead

        return CslrHead(recipe, width, vocabulary)
    if task == "slt":
        from signscale.tasks.slt import SltHead

        return SltHead(recipe, width, vocabulary)
    from signscale.tasks.retrieval import RetrievalHead

    return RetrievalHead(recipe, width, store)
