"""The interface of a task. Training, scoring, report, card and answers ask the task, and never compare its name.

Whoever checks params reads every task's file, so a task imports what is heavy (torch, its head, its metrics) where it
is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from signscale.params.recipe import RecipeParams

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from signscale.formats.sample import Sample
    from signscale.tasks.metrics.metric import Measure

Prediction = Mapping[str, Any]
"""A prediction line: `sample_id`, and what the task's form asks for."""


class SentenceFeatures(Protocol):
    """Where the features of sentences come from: a text store, or the live encoder (signscale.text.live)."""

    encoder: str
    width: int

    def index(self, text: str, sign_language: str) -> int:
        """Number of a sentence."""

    def features(self, index: int) -> "np.ndarray":
        """float32 (n, width): one row a token."""


class Head(Protocol):
    """A task's network over sign features (B, T, width) with their bool mask (B, T); samples carry the targets."""

    def loss(self, features: "Tensor", valid: "Tensor", samples: "list[Sample]") -> "Tensor":
        """The training loss of a batch, a scalar."""

    def predict(self, features: "Tensor", valid: "Tensor", samples: "list[Sample]") -> list[dict[str, Any]]:
        """One prediction line a clip (of a task that searches: from a whole split's windows at once)."""


@dataclass(frozen=True)
class Conventions:
    """The choices that make published numbers differ; each is named in the signature.

    cleanup: rules for glosses (gloss_cleanup.RULES). scorer: of WER (wer.SCORERS). tokenize: for BLEU and ROUGE
    (translation.TOKENIZERS), None to choose by the language. subsets: of labels (accuracy.SUBSETS).
    selection: the split that chose the checkpoint. shots: labelled clips a class trained on, 0 for all there were.
    """

    cleanup: str = "none"
    scorer: str = "python"
    tokenize: str | None = None
    subsets: str = "none"
    selection: str = "dev"
    shots: int = 0


@dataclass(frozen=True)
class Published:
    """What the paper has of a task.

    benchmarks: (corpus, subset) of a benchmark of ours -> its name there, in its order; subset "" is all classes.
    metrics: its name of a metric -> ours, in the order of our tables; the first of the task's measure stands for it.
    caution: what of the figures is not settled by their names. ablated: the benchmark of its ablation tables.
    """

    benchmarks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)
    caution: str = ""
    ablated: str = ""


class Task:
    """One task; a subclass in a file of its own fills this in and is the file's `TASK`."""

    name: ClassVar[str]
    """As benchmarks name it: the file's name."""
    title: ClassVar[str]
    """Heading of its tables."""
    words: ClassVar[str]
    """What it is within a sentence, of the model card."""
    gives: ClassVar[str]
    """What a model of it gives, in the model card; `{count}` is the size of its vocabulary."""
    recipe: ClassVar[type[RecipeParams]]
    """The section of params.yaml that says how it is fine-tuned."""
    needs: ClassVar[Literal["label", "gloss", "text"]]
    """The field of a sample that is its target; a sample without one is not of the task."""
    form: ClassVar[Literal["ranked", "line", "search"]]
    """The form of its prediction lines: ranked labels; a line of words beside its reference; or a search for clips by
    sentences, where all clips of a split compete and the head has `sign_windows` and `text_tokens`."""
    vocabulary: ClassVar[Literal["entries", "tokenizer", "none"]]
    """What the head keeps from the training texts: a list, a tokenizer's file, or nothing."""
    measure: ClassVar[str]
    """Its main metric: it chooses the epoch on dev and comes first in tables."""
    metrics: ClassVar[Mapping[str, str]]
    """Name of each metric -> how it is written, in the order of the tables."""
    published: ClassVar[Published] = Published()

    @property
    def has_classes(self) -> bool:
        """Whether its targets are classes: then clips a class can be counted and neighbours have labels."""
        return self.needs == "label"

    @property
    def searches(self) -> bool:
        """Whether it compares clips with sentences, instead of answering a clip."""
        return self.form == "search"

    @property
    def named(self) -> Mapping[str, str]:
        """How people call a metric -> the metric: the paper's names, or where it has none, ours."""
        return self.published.metrics or {title: metric for metric, title in self.metrics.items()}

    @property
    def measure_name(self) -> str:
        """How people call its measure."""
        return next(name for name, metric in self.named.items() if metric == self.measure)

    def has_target(self, sample: "Sample") -> bool:
        """Whether a sample can be trained and scored on."""
        return bool(getattr(sample, self.needs))

    def learn_vocabulary(self, samples: "list[Sample]", recipe: RecipeParams) -> Any:
        """Entries (list) or a tokenizer (bytes) of the training samples; None of a task without a vocabulary."""
        return None

    def is_long_enough(self, sample: "Sample", frames: int) -> bool:
        """Whether a clip of so many frames can carry its target."""
        return True

    def frames(self, recipe: RecipeParams) -> int | None:
        """How many frames of a clip are seen, one of each of so many equal segments; None for all."""
        return None

    def head(self, recipe: RecipeParams, width: int, vocabulary: Any, store: SentenceFeatures) -> Head:
        """Its network, for features of `width`; `store` has the features of sentences."""
        raise NotImplementedError

    def start_head(self, head: Head, recipe: RecipeParams, weights: "Mapping[str, Tensor]", source: Path) -> None:
        """Put pre-trained weights into the head, where the task shares some with pre-training; here none.

        Raises SignScaleError if they do not fit. source: the folder they are from.
        """

    def measures(self, predictions: Sequence[Prediction], conventions: Conventions) -> "list[Measure]":
        """All that is measured of prediction lines; raises SignScaleError on lines that do not fit."""
        raise NotImplementedError

    def read_files(self, hyp: Path, ref: Path) -> list[Prediction]:
        """Prediction lines of anybody's files, one line a sample; raises SignScaleError on files that do not fit."""
        raise NotImplementedError

    def remarks(self, predictions: Sequence[Prediction]) -> list[str]:
        """One line for each thing that a reader of the scores must know about the test items; these lines change no
        number."""
        return []

    def file_remarks(self, predictions: Sequence[Prediction], conventions: Conventions) -> list[str]:
        """The remarks on anybody's files, whose scorer chose the conventions."""
        return self.remarks(predictions)

    def dev_remarks(self, samples: "list[Sample]", vocabulary: Any) -> list[str]:
        """One line for each thing that should be known about the dev samples before training."""
        return []

    def answer(self, line: Prediction, first: int, fps: float) -> dict[str, Any]:
        """The answer to one clip, ready for JSON, from its prediction line. first: the frame that is seen first."""
        raise NotImplementedError

    def describe(self, answer: Mapping[str, Any]) -> list[str]:
        """An answer as lines of text."""
        raise NotImplementedError
