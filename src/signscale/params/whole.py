"""All of params.yaml, with the checks that involve several sections."""

from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, create_model, model_validator

from signscale.params.data import AcquireParams, PackParams, TextParams
from signscale.params.finetune import EvaluateParams, FinetuneParams, finetune_params, tasks
from signscale.params.keypoints import KeypointsParams, estimators, keypoints_params
from signscale.params.overlay import overlay
from signscale.params.pretraining import PretrainParams
from signscale.params.section import Count, Name, Names, Section, Seed, Seeds, fault


class AblationParams(Section):
    """The sweep over the paper's ablation tables."""

    seeds: Annotated[Seeds, Field(min_length=1)]
    benchmarks: Names
    tables: dict[Name, dict[str, dict[str, Any] | Literal["scratch"]]]


class ReportParams(Section):
    """The report."""

    title: str
    examples: Count


class Params(Section):
    """All of params.yaml with its preset laid over it."""

    preset: Name
    seed: Seed
    acquire: AcquireParams
    keypoints: KeypointsParams
    pack: PackParams
    text: TextParams
    pretrain: PretrainParams
    finetune: FinetuneParams
    evaluate: EvaluateParams
    ablations: AblationParams
    report: ReportParams

    @model_validator(mode="after")
    def _corpora_exist(self) -> "Params":
        known = set(self.acquire.corpora)
        for key, names in [
            ("keypoints.published", list(self.keypoints.published)),
            ("pretrain.corpora", [] if self.pretrain.start else self.pretrain.corpora),
            *((f"finetune.benchmarks.{n}.corpus", [b.corpus]) for n, b in self.finetune.benchmarks.items()),
        ]:
            if missing := sorted(set(names) - known):
                raise ValueError(f"{key}: {', '.join(missing)} is not in acquire.corpora ({', '.join(sorted(known))})")
        return self

    @model_validator(mode="after")
    def _sweep_is_possible(self) -> "Params":
        base = self.pretrain.model_dump()
        for table, labels in self.ablations.tables.items():
            for label, change in labels.items():
                try:
                    PretrainParams.model_validate(base if change == "scratch" else overlay(base, change))
                except ValidationError as error:
                    raise ValueError(f"ablations.tables.{table}.{label}: {fault(error.errors()[0])}") from None
        return self


@lru_cache
def _whole(of_estimators: tuple[str, ...], of_tasks: tuple[str, ...]) -> type[Params]:
    sections = {"keypoints": keypoints_params(of_estimators), "finetune": finetune_params(of_tasks)}
    return create_model("Params", __base__=Params, **{name: (section, ...) for name, section in sections.items()})


def params_class() -> type[Params]:
    """Params with the settings of every estimator and a recipe for every task there is."""
    return _whole(tuple(estimators().names()), tuple(tasks().names()))
