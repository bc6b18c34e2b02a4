"""The sections of the benchmarks: recipes and scoring."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from signscale.params.pretraining import AugmentParams
from signscale.params.section import Count, Name, Positive, Section, Share


class RecipeParams(Section):
    """How one task is fine-tuned (PAPER: Table III)."""

    epochs: Count
    batch_size: Count
    learning_rate: Positive
    encoder_rate: Share
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal["step", "cosine"]
    step_epochs: Count
    warmup_share: Share
    dropout: Annotated[float, Field(ge=0, lt=1)]
    dev_every: Count
    augment: AugmentParams


class IslrParams(RecipeParams):
    """Isolated sign language recognition."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    frames: Count


class CslrParams(RecipeParams):
    """Continuous sign language recognition."""

    hidden: Count
    beam: Count


class SltParams(RecipeParams):
    """Gloss-free sign language translation."""

    width: Count
    blocks: Count
    heads: Count
    beam: Count
    vocabulary: Annotated[int, Field(ge=40)]
    max_tokens: Count
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]


class RetrievalParams(RecipeParams):
    """Sign-text retrieval."""

    window: Count
    shared_width: Count
    attention_temperature: Positive
    temperature: Positive


class BenchmarkParams(Section):
    """One benchmark: a corpus seen through a task."""

    corpus: Name
    task: Literal["islr", "cslr", "slt", "retrieval"]
    subset: str = Field(default="", description="published subset of the corpus's classes; empty: all")
    train_splits: list[Literal["train", "dev"]] = Field(min_length=1)
    shots: Annotated[int, Field(ge=0)] = Field(default=0, description="training clips a class, by the seed; 0: all")
    select_on: Literal["dev", "last"] = "dev"
    cleanup: Literal["none", "phoenix14", "phoenix14t"] = "none"
    scorer: Literal["python", "sclite"] = "python"
    subsets: Literal["none", "nmfs_csl"] = "none"
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[])

    @model_validator(mode="after")
    def _dev_is_free(self) -> "BenchmarkParams":
        if self.select_on == "dev" and "dev" in self.train_splits:
            raise ValueError("train_splits has dev, so dev cannot choose the epoch; set select_on: last")
        return self

    @model_validator(mode="after")
    def _shots_have_classes(self) -> "BenchmarkParams":
        if self.shots and self.task != "islr":
            raise ValueError(f"shots are clips a class, and {self.task} has no classes; only islr has")
        return self


class FinetuneParams(Section):
    """Fine-tuning: which benchmarks, from which weights, with which seeds and recipes."""

    benchmarks: dict[Name, BenchmarkParams]
    absent: dict[Name, BenchmarkParams] = Field(
        default={}, description="benchmarks left out, whose corpora this machine does not have; never in params.yaml"
    )
    inits: list[Literal["pretrained", "scratch"]] = Field(min_length=1)
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    islr: IslrParams
    cslr: CslrParams
    slt: SltParams
    retrieval: RetrievalParams


class EvaluateParams(Section):
    """Scoring."""

    bootstrap: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
