"""Sections of the benchmarks: which there are, the recipes of their tasks, and how they are scored."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model, model_validator

from signscale.errors import SignScaleError
from signscale.params.overlay import overlay
from signscale.params.recipe import RecipeParams
from signscale.params.section import Distinct, Name, Section, Seeds
from signscale.registry import Registry


def tasks() -> Registry:
    """The registry of tasks, by its name alone: tasks are built on params, which know none of them."""
    return import_module("signscale.tasks").TASKS


def _known(task: str) -> str:
    try:
        tasks().check(task)
    except SignScaleError as error:
        raise ValueError(str(error)) from None
    return task


TaskName = Annotated[str, AfterValidator(_known)]


class BenchmarkParams(Section):
    """One benchmark: a corpus seen through a task."""

    corpus: Name
    task: TaskName
    subset: str = Field(default="", description="published subset of the corpus's classes; empty: all")
    train_splits: Annotated[list[Literal["train", "dev"]], Field(min_length=1), Distinct]
    shots: Annotated[int, Field(ge=0)] = Field(default=0, description="training clips a class, by the seed; 0: all")
    select_on: Literal["dev", "last"] = "dev"
    cleanup: Literal["none", "phoenix14", "phoenix14t"] = "none"
    scorer: Literal["python", "sclite"] = "python"
    subsets: Literal["none", "nmfs_csl"] = "none"
    seeds: Seeds = Field(default=[])

    @model_validator(mode="after")
    def _dev_is_free(self) -> "BenchmarkParams":
        if self.select_on == "dev" and "dev" in self.train_splits:
            raise ValueError("train_splits has dev, so dev cannot choose the epoch; set select_on: last")
        return self

    @model_validator(mode="after")
    def _shots_have_classes(self) -> "BenchmarkParams":
        if self.shots and not tasks().load(self.task).has_classes:
            raise ValueError(f"shots are clips a class, and {self.task} has no classes")
        return self


class FinetuneParams(Section):
    """Fine-tuning: which benchmarks, from which weights, with which seeds, and a recipe under each task's name.

    What is validated is a class of `finetune_params`, which has a field for every task there is.
    """

    benchmarks: dict[Name, BenchmarkParams]
    absent: dict[Name, BenchmarkParams] = Field(
        default={}, description="benchmarks left out, whose corpora this machine does not have; never in params.yaml"
    )
    inits: Annotated[list[Literal["pretrained", "scratch"]], Field(min_length=1), Distinct]
    seeds: Annotated[Seeds, Field(min_length=1)]

    def recipe(self, task: str) -> RecipeParams:
        """The recipe of a task."""
        return getattr(self, task)


@lru_cache
def finetune_params(names: tuple[str, ...]) -> type[FinetuneParams]:
    """FinetuneParams with the recipes of these tasks."""
    fields: dict[str, Any] = {name: (tasks().load(name).recipe, ...) for name in names}
    return create_model("FinetuneParams", __base__=FinetuneParams, **fields)


def with_defaults(finetune: Mapping[str, Any]) -> dict[str, Any]:
    """The plain section with its `defaults` laid under the recipe of every task, and without that key."""
    defaults = finetune.get("defaults")
    if not isinstance(defaults, dict):
        return dict(finetune)
    recipes = {name: overlay({name: defaults}, {name: finetune.get(name, {})})[name] for name in tasks().names()}
    return {key: value for key, value in finetune.items() if key != "defaults"} | recipes


class EvaluateParams(Section):
    """Scoring."""

    bootstrap: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
