"""Continuous sign recognition: the glosses of a sentence, in order."""

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from signscale.params.recipe import RecipeParams
from signscale.params.section import Count
from signscale.tasks.lines import column, empty_hypotheses, read_sentences, references
from signscale.tasks.sclite_files import are_sclite_files, read_sclite_files
from signscale.tasks.task import Conventions, Prediction, Published, SentenceFeatures, Task

if TYPE_CHECKING:
    from signscale.formats.sample import Sample
    from signscale.tasks.heads.gloss_ctc import GlossCtc
    from signscale.tasks.metrics.metric import Measure

FRAMES_A_STEP = 4
"""The head's two convolutions each halve the length."""


class CslrParams(RecipeParams):
    """Continuous sign language recognition."""

    hidden: Count
    layers: Count = Field(default=1, description="of the BiLSTM")
    """The default is what version 0.2 trained with."""
    beam: Count


def ctc_steps_needed(line: list[str]) -> int:
    """Steps that CTC needs to write a gloss line: one a gloss, and a blank between equal ones."""
    return len(line) + sum(a == b for a, b in itertools.pairwise(line))


def ctc_steps(frames: int) -> int:
    """Steps that the head makes of a clip of so many frames: every fourth."""
    return -(-frames // FRAMES_A_STEP)


class Cslr(Task):
    """Prediction lines: `language`, `reference`, `hypothesis`; glosses are separated by spaces."""

    name = "cslr"
    title = "Continuous sign recognition"
    words = "continuous sign recognition"
    gives = "the glosses signed (of {count}), each with its seconds and a confidence"
    recipe = CslrParams
    needs = "gloss"
    form = "line"
    vocabulary = "entries"
    measure = "wer"
    metrics: ClassVar = {
        "wer": "Word error rate",
        "substitutions": "of it: substitutions",
        "deletions": "of it: deletions",
        "insertions": "of it: insertions",
    }
    published = Published(
        benchmarks={("phoenix14", ""): "Phoenix14", ("phoenix14t", ""): "Phoenix14-T", ("csl_daily", ""): "CSL-Daily"},
        metrics={"WER": "wer", "deletions": "deletions", "insertions": "insertions"},
        caution=(
            "Per cent of the reference words. WER has two scorers that differ by construction, python and sclite; ours "
            "stands in the signature with its clean-up of glosses, the paper's is not in what we have of it."
        ),
        ablated="Phoenix14",
    )

    def learn_vocabulary(self, samples: "list[Sample]", recipe: CslrParams) -> list[str]:
        """The glosses of the training samples, sorted; the blank is not among them."""
        return sorted({gloss for sample in samples for gloss in sample.gloss.split()})

    def is_long_enough(self, sample: "Sample", frames: int) -> bool:
        """CTC needs a step a gloss at least."""
        return ctc_steps(frames) >= ctc_steps_needed(sample.gloss.split())

    def head(self, recipe: CslrParams, width: int, vocabulary: list[str], store: SentenceFeatures) -> "GlossCtc":
        """PAPER: Table III, "TCN + BiLSTM, CTC"."""
        from signscale.tasks.heads.gloss_ctc import GlossCtc

        return GlossCtc(recipe, width, vocabulary)

    def measures(self, predictions: Sequence[Prediction], conventions: Conventions) -> "list[Measure]":
        """Word error rate and its three kinds of errors."""
        from signscale.tasks.metrics.wer import wer_measures

        truths, hypotheses = references(predictions), column(predictions, "hypothesis")
        return wer_measures(truths, hypotheses, conventions.cleanup, conventions.scorer)

    def read_files(self, hyp: Path, ref: Path) -> list[Prediction]:
        """A sentence of glosses a line; or a .ctm and a .stm, by the segments of the latter."""
        return read_sclite_files(hyp, ref) if are_sclite_files(hyp, ref) else read_sentences(hyp, ref)

    def remarks(self, predictions: Sequence[Prediction]) -> list[str]:
        """Hypotheses without a gloss."""
        return empty_hypotheses(predictions, "all its glosses are deletions")

    def answer(self, line: Prediction, first: int, fps: float) -> dict[str, Any]:
        """`glosses`, each with its seconds and highest probability; their `text`; `probability` of the whole line."""
        glosses = [
            {
                "gloss": one["gloss"],
                "seconds": [round((first + frame) / fps, 3) for frame in one["frames"]],
                "probability": one["probability"],
            }
            for one in line["glosses"]
        ]
        return {"text": line["hypothesis"], "glosses": glosses, "probability": round(math.exp(line["score"]), 6)}

    def describe(self, answer: Mapping[str, Any]) -> list[str]:
        """The line with its probability, then a gloss a line with its seconds."""
        return [f"{answer['text'] or '(nothing)'}  (probability {answer['probability']:.1%})"] + [
            f"{one['probability']:6.1%}  {one['seconds'][0]:6.2f} - {one['seconds'][1]:.2f} s  {one['gloss']}"
            for one in answer["glosses"]
        ]


TASK = Cslr()
