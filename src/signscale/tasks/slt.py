"""Gloss-free translation: a sentence for a clip."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, model_validator

from signscale.params.recipe import RecipeParams
from signscale.params.section import Count
from signscale.tasks.lines import column, empty_hypotheses, final_marks, read_sentences, references, unspaced
from signscale.tasks.task import Conventions, Prediction, Published, SentenceFeatures, Task

if TYPE_CHECKING:
    from signscale.formats.sample import Sample
    from signscale.tasks.heads.translator import Translator
    from signscale.tasks.metrics.metric import Measure


class SltParams(RecipeParams):
    """Gloss-free sign language translation."""

    width: Count
    blocks: Count
    heads: Count
    beam: Count
    vocabulary: Annotated[int, Field(ge=40)]
    max_tokens: Count
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    token_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="share of the given tokens hidden in training, so that the clip must tell them"
    )
    """The default is what version 0.2 trained with."""

    @model_validator(mode="after")
    def _heads_divide(self) -> "SltParams":
        if self.width % self.heads:
            raise ValueError(f"heads ({self.heads}) must divide width ({self.width})")
        return self


class Slt(Task):
    """Prediction lines: `language`, `reference`, `hypothesis`."""

    name = "slt"
    title = "Gloss-free translation"
    words = "sign language translation"
    gives = "a sentence, with its score"
    recipe = SltParams
    needs = "text"
    form = "line"
    vocabulary = "tokenizer"
    measure = "bleu4"
    metrics: ClassVar = {
        "bleu1": "BLEU-1",
        "bleu2": "BLEU-2",
        "bleu3": "BLEU-3",
        "bleu4": "BLEU-4",
        "rouge_l_f1_corpus_mean": "ROUGE-L, mean F1 of sentences",
        "rouge_l_mscoco_beta1.2": "ROUGE-L, beta 1.2 (COCO)",
        "rouge_l_f1_of_corpus_counts": "ROUGE-L, F1 of all counts",
    }
    published = Published(
        benchmarks={("phoenix14t", ""): "Phoenix14-T", ("csl_daily", ""): "CSL-Daily", ("how2sign", ""): "How2Sign"},
        metrics={"BLEU-1": "bleu1", "BLEU-2": "bleu2", "BLEU-4": "bleu4", "ROUGE": "rouge_l_mscoco_beta1.2"},
        caution=(
            "BLEU is sacrebleu's, its tokenizer in the signature (13a for English and German, characters for Chinese). "
            "Published ROUGE has several formulas; ours here is ROUGE-L with beta 1.2 (COCO). The paper's tokenizer "
            "and formula are not in what we have of it."
        ),
        ablated="Phoenix14-T",
    )

    def learn_vocabulary(self, samples: "list[Sample]", recipe: SltParams) -> bytes:
        """A tokenizer of the training texts."""
        from signscale.tasks.heads.translator import train_tokenizer

        return train_tokenizer(samples, recipe)

    def head(self, recipe: SltParams, width: int, vocabulary: bytes, store: SentenceFeatures) -> "Translator":
        """PAPER: Table III, GF-SLT."""
        from signscale.tasks.heads.translator import Translator

        return Translator(recipe, width, vocabulary)

    def measures(self, predictions: Sequence[Prediction], conventions: Conventions) -> "list[Measure]":
        """BLEU-1 to BLEU-4 and ROUGE-L, over tokens chosen by the language unless the conventions name them."""
        from signscale.tasks.metrics.translation import tokenizer_for, translation_measures

        truths, hypotheses = references(predictions), column(predictions, "hypothesis")
        tokenize = conventions.tokenize or tokenizer_for(column(predictions, "language"))
        return translation_measures(truths, hypotheses, tokenize)

    def read_files(self, hyp: Path, ref: Path) -> list[Prediction]:
        """A sentence a line."""
        return read_sentences(hyp, ref)

    def remarks(self, predictions: Sequence[Prediction]) -> list[str]:
        """Hypotheses without a word; final punctuation on one side only, which alone moves BLEU by many points."""
        return [*empty_hypotheses(predictions, "it matches nothing"), *final_marks(predictions)]

    def file_remarks(self, predictions: Sequence[Prediction], conventions: Conventions) -> list[str]:
        """The remarks, and that unspaced texts were not cut into words."""
        return [*self.remarks(predictions), *(unspaced(predictions) if conventions.tokenize == "13a" else [])]

    def answer(self, line: Prediction, first: int, fps: float) -> dict[str, Any]:
        """`text` and `score`, its mean log-probability a token."""
        return {"text": line["hypothesis"], "score": line["score"]}

    def describe(self, answer: Mapping[str, Any]) -> list[str]:
        """The sentence with its score."""
        return [f"{answer['text'] or '(nothing)'}  (score {answer['score']:.2f} a token)"]


TASK = Slt()
