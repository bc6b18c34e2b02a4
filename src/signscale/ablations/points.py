"""The points of the sweep: every way of pre-training in the ablation tables, each run only once.

A point is params.yaml with an overlay on `pretrain`. Its name is what it changes, e.g. `mask.ratio-0.8`; `base` changes
nothing and `scratch` is not pre-trained at all. Every point is pre-trained and fine-tuned with every seed. Runs that
the ordinary workflow makes anyway (base and scratch with its own seeds) are not repeated.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signscale.errors import SignScaleError
from signscale.params import Params, PretrainParams, checked, overlay

BASE, SCRATCH = "base", "scratch"


@dataclass(frozen=True)
class Run:
    """One fine-tuned run of the sweep, by the names of its steps.

    pretrain: the step it starts from, empty if from scratch. shared: the ordinary run makes it.
    """

    point: str
    benchmark: str
    seed: int
    pretrain: str
    finetune: str
    evaluate: str
    shared: bool


def _changes(base: dict, other: dict, path: str = "") -> Iterator[str]:
    """Every leaf of `other` that is not as in `base`, as `key.key-value`."""
    for key, value in other.items():
        if isinstance(value, dict):
            yield from _changes(base[key], value, f"{path}{key}.")
        elif value != base[key]:
            parts = value if isinstance(value, list) else [value]
            yield f"{path}{key}-" + "-".join(part if isinstance(part, str) else json.dumps(part) for part in parts)


def tables(params: Params) -> dict[str, dict[str, str]]:
    """Table -> its points as the paper labels them -> the point's name."""
    base = params.pretrain.model_dump()
    named: dict[str, dict[str, str]] = {}
    for table, labels in params.ablations.tables.items():
        named[table] = {}
        for label, change in labels.items():
            name = SCRATCH if change == SCRATCH else "+".join(_changes(base, overlay(base, change))) or BASE
            named[table][label] = name
    return named


def check(params: Params, names: Iterable[str]) -> None:
    """Raise SignScaleError if nothing is pre-trained, or if one of these tables lacks the point that changes nothing,
    which the others are compared with."""
    if params.pretrain.start:
        raise SignScaleError(
            f"ablations: pretrain.from is {params.pretrain.start}, so nothing is pre-trained; set pretrain.from to null"
        )
    for name in names:
        if BASE not in tables(params)[name].values():
            raise SignScaleError(
                f"ablations.tables.{name}: no point changes nothing, to compare the others with; "
                "add one with the preset's own values, or leave the table out"
            )


def points(params: Params) -> dict[str, Params]:
    """Every distinct point by name, in the order the tables name them, with its params."""
    found: dict[str, Params] = {}
    for table, labels in tables(params).items():
        for label, name in labels.items():
            change = params.ablations.tables[table][label]
            content = overlay(params.pretrain.model_dump(), {} if change == SCRATCH else change)
            section = checked(PretrainParams, content, f"ablations.tables.{table}.{label}")
            found.setdefault(name, params.model_copy(update={"pretrain": section}))
    return found


def point_params(params: Params, point: str, seed: int) -> Params:
    """The params of one point's pre-training, with its seed."""
    return points(params)[point].model_copy(update={"seed": seed})


def _ordinary(params: Params, point: str, seed: int) -> bool:
    """Whether the ordinary run already does exactly this pre-training."""
    return point == BASE and seed == params.seed


def pretrain_step(params: Params, point: str, seed: int) -> str:
    """The step that pre-trains a point with a seed; empty for `scratch`."""
    if point == SCRATCH:
        return ""
    return "pretrain" if _ordinary(params, point, seed) else f"ablations/{point}/pretrain-{seed}"


def run_of(params: Params, point: str, benchmark: str, seed: int) -> Run:
    """The run of a point on a benchmark with a seed."""
    settings, init = params.finetune.benchmarks[benchmark], SCRATCH if point == SCRATCH else "pretrained"
    shared = (
        (_ordinary(params, point, seed) or point == SCRATCH)
        and init in params.finetune.inits
        and seed in (settings.seeds or params.finetune.seeds)
    )
    where, run = "" if shared else f"ablations/{point}/", f"{benchmark}/{init}-{seed}"
    before = pretrain_step(params, point, seed)
    return Run(point, benchmark, seed, before, f"{where}finetune/{run}", f"{where}evaluate/{run}", shared)


def benchmarks(params: Params) -> list[str]:
    """The sweep's benchmarks without those missing from `finetune.benchmarks`, e.g. because their corpus is missing."""
    return [name for name in params.ablations.benchmarks if name in params.finetune.benchmarks]


def runs(params: Params, table: str | None = None) -> list[Run]:
    """Every run of the sweep, or of one table, once."""
    wanted = points(params) if table is None else dict.fromkeys(tables(params)[table].values())
    return [
        run_of(params, point, benchmark, seed)
        for point in wanted
        for seed in params.ablations.seeds
        for benchmark in benchmarks(params)
    ]


def params_of_step(params: Params, step: str) -> Params:
    """The params a job computes with: those of its point for a job of the sweep, else the preset's."""
    parts = step.split("/")
    if parts[0] != "ablations" or parts[1] not in points(params):
        return params
    return point_params(params, parts[1], int(parts[-1].rpartition("-")[2]))
