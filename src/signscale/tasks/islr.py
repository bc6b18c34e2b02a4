"""Isolated sign recognition: a class for a clip."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from signscale.errors import SignScaleError
from signscale.params.recipe import RecipeParams
from signscale.params.section import Count
from signscale.tasks.lines import column, named, read_pairs
from signscale.tasks.task import Conventions, Prediction, Published, SentenceFeatures, Task

if TYPE_CHECKING:
    from signscale.formats.sample import Sample
    from signscale.tasks.heads.classifier import Classifier
    from signscale.tasks.metrics.metric import Measure

TOP = 5
"""Signs listed in an answer."""


class IslrParams(RecipeParams):
    """Isolated sign language recognition."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    frames: Count


class Islr(Task):
    """Prediction lines: `label`, `ranked` (labels, best first) and, if known, their `probabilities`."""

    name = "islr"
    title = "Isolated sign recognition"
    words = "isolated sign recognition"
    gives = "the five likeliest of {count} signs, with probabilities"
    recipe = IslrParams
    needs = "label"
    form = "ranked"
    vocabulary = "entries"
    measure = "per_instance_top1"
    metrics: ClassVar = {
        "per_instance_top1": "Top-1 accuracy",
        "per_instance_top5": "Top-5 accuracy",
        "per_class_top1": "Top-1 accuracy, mean of classes",
        "per_class_top5": "Top-5 accuracy, mean of classes",
        "confusing_top1": "Top-1 accuracy, confusing signs",
        "confusing_top5": "Top-5 accuracy, confusing signs",
        "normal_top1": "Top-1 accuracy, normal signs",
        "normal_top5": "Top-5 accuracy, normal signs",
    }
    published = Published(
        benchmarks={
            ("msasl", "msasl100"): "MSASL100",
            ("msasl", "msasl200"): "MSASL200",
            ("msasl", "msasl1000"): "MSASL1000",
            ("msasl", ""): "MSASL1000",
            ("wlasl", "wlasl100"): "WLASL100",
            ("wlasl", "wlasl300"): "WLASL300",
            ("wlasl", "wlasl2000"): "WLASL2000",
            ("wlasl", ""): "WLASL2000",
            ("nmfs_csl", "total"): "NMFs-CSL",
            ("nmfs_csl", ""): "NMFs-CSL",
            ("slr500", ""): "SLR500",
        },
        metrics={
            "per-instance top-1": "per_instance_top1",
            "per-instance top-5": "per_instance_top5",
            "per-class top-1": "per_class_top1",
            "per-class top-5": "per_class_top5",
            "total top-1": "per_instance_top1",
            "total top-5": "per_instance_top5",
            "confusing top-1": "confusing_top1",
            "confusing top-5": "confusing_top5",
            "normal top-1": "normal_top1",
            "normal top-5": "normal_top5",
            "top-1": "per_instance_top1",
        },
        caution="Accuracy in per cent. Ties of our scores count against us.",
        ablated="MSASL1000",
    )

    def learn_vocabulary(self, samples: "list[Sample]", recipe: IslrParams) -> list[str]:
        """The labels of the training samples, sorted."""
        return sorted({sample.label for sample in samples if sample.label})

    def frames(self, recipe: IslrParams) -> int:
        """PAPER: Table III, "32 frames, random / centre sampling"."""
        return recipe.frames

    def head(self, recipe: IslrParams, width: int, vocabulary: list[str], store: SentenceFeatures) -> "Classifier":
        """PAPER: Table III, "MLP, 1 layer"."""
        from signscale.tasks.heads.classifier import Classifier

        return Classifier(recipe, width, vocabulary)

    def measures(self, predictions: Sequence[Prediction], conventions: Conventions) -> "list[Measure]":
        """Accuracies, top-1 and top-5, also of the subsets that the conventions name."""
        from signscale.tasks.metrics.accuracy import accuracy_measures, rank_in_list

        labels, ranked = column(predictions, "label"), column(predictions, "ranked")
        shares = [line.get("probabilities") for line in predictions]
        ranks = [rank_in_list(*item) for item in zip(ranked, labels, shares, strict=True)]
        classes = sorted({*labels, *(label for row in ranked for label in row)})
        return accuracy_measures(ranks, labels, classes, conventions.subsets)

    def read_files(self, hyp: Path, ref: Path) -> list[Prediction]:
        """A line of `hyp` holds labels, best first, separated by tabs; one of `ref` the label."""
        pairs = read_pairs(hyp, ref)
        for name, truth, _ in pairs:
            if not truth.strip():
                raise SignScaleError(f"{name}: the label is empty; give it or leave the sample out")
        return [
            {"sample_id": name, "label": truth.strip(), "ranked": [label.strip() for label in ours.split("\t")]}
            for name, truth, ours in pairs
        ]

    def remarks(self, predictions: Sequence[Prediction]) -> list[str]:
        """Labels that no prediction knows, and classes without a test item."""
        labels = {line["label"] for line in predictions}
        known = {one for line in predictions for one in line["ranked"]}
        lines = []
        if strange := sorted(labels - known):
            lines.append(
                f"{len(strange)} labels are outside the vocabulary ({named(strange)}): their clips count as missed"
            )
        if absent := sorted(known - labels):
            lines.append(
                f"{len(absent)} classes have no test item ({named(absent)}): the per-class mean leaves them out"
            )
        return lines

    def dev_remarks(self, samples: "list[Sample]", vocabulary: list[str]) -> list[str]:
        """Labels that training does not have."""
        strange = sorted({sample.label for sample in samples} - set(vocabulary))
        counted = f"{len(strange)} labels of dev are outside the vocabulary ({strange[0]}, ...): " if strange else ""
        return [f"{counted}their clips count as missed"] if strange else []

    def answer(self, line: Prediction, first: int, fps: float) -> dict[str, Any]:
        """`top`: the likeliest signs with their probabilities."""
        ranked = list(zip(line["ranked"], line["probabilities"], strict=True))
        return {"top": [{"label": label, "probability": share} for label, share in ranked[:TOP]]}

    def describe(self, answer: Mapping[str, Any]) -> list[str]:
        """A sign a line, with its probability."""
        return [f"{one['probability']:6.1%}  {one['label']}" for one in answer["top"]]


TASK = Islr()
