"""What depends on what: the steps of each stage, with the params and code that decide what a step makes.

A step (`pack/fingerspelling`) is one job of a stage (`pack`). The steps decide what Snakemake runs again
(signscale.provenance.records). A test checks that dvc.yaml has the same stages.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signscale import corpora
from signscale.ablations import points
from signscale.corpora.parts import pretrain_splits, subset_labels
from signscale.errors import SignScaleError
from signscale.keypoints.estimators.choice import deciding, estimators_of
from signscale.keypoints.estimators.environment import environment_of, lock
from signscale.model.source import folder_of
from signscale.params import BenchmarkParams, Params
from signscale.tasks import load_task

AUDIT = "report/audit"
"""The step that audits the published corpora; a part of the report, where there are such corpora."""
VERDICTS = "ablations/verdicts"
"""The last step of the ablations, which are no stage: `all` does without."""
STAGES = ("acquire", "keypoints", "pack", "text", "pretrain", "finetune", "evaluate", "report")

# Where the code of each kind of step starts: modules of the package. What they import is found (provenance.code), with
# the corpora, tasks and estimators that a step adds by name.
ENTRIES: dict[str, tuple[str, ...]] = {
    "acquire": ("acquire.run", "fetch"),
    "keypoints": ("keypoints.run",),
    "pack": ("pack.run",),
    "text": ("text.store",),
    "pretrain": ("pretrain.run",),
    "pull": ("model.source",),
    "finetune": ("finetune.run",),
    "evaluate": ("evaluate.run",),
    "nearest": ("evaluate.nearest",),
    "audit": ("corpora.audit",),
    "table": ("ablations.table",),
    "verdicts": ("ablations.page",),
    "report": ("report.run",),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One job. name: `stage/...`. params: the values that decide what it makes, nested as in params.yaml.

    entries: the modules of the package where its code starts, with the plugins that it uses by name.
    after: the steps it builds on. manifests: the corpora whose manifest it reads; their content decides too.
    shard: (corpus, k) of a keypoints step, else None; the manifest's rows and the raw files of that shard decide too.
    dropped: (corpus, files and folders under its raw folder) that people bring and that say what its clips are, else
    None; their content decides too.
    source: the folder of a model that it takes over, relative to the root, if it does; its files decide too.
    lock: the lock of the environment it runs in, relative to the root, if that is not the base one; it then decides as
    a whole, else the pinned versions of the packages that the code imports do.
    """

    name: str
    params: Mapping[str, Any]
    entries: tuple[str, ...]
    after: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    shard: tuple[str, int] | None = None
    dropped: tuple[str, tuple[str, ...]] | None = None
    source: str = ""
    lock: str = ""

    @property
    def stage(self) -> str:
        """The first part of the name."""
        return self.name.split("/")[0]


def steps(params: Params, shards: Mapping[str, int | None]) -> dict[str, Step]:
    """Every step of a preset by name, each after those it builds on.

    shards: keypoint shards of each of the `fetched` corpora; None where the manifest is not there yet.
    """
    made = [*_acquire(params), *_keypoints(params, shards), *_pack(params, shards), _text(params), _pretrain(params)]
    made += [*_finetune(params), *_evaluate(params)]
    made += [*_audit(params)]
    made.append(_report(params, made))
    made += [*_ablations(params)]
    return {step.name: step for step in made}


def base_of(corpus: str) -> str:
    """The corpus whose keypoints a corpus is packed from: its base if it is composed, else itself."""
    return corpora.load_corpus(corpus).base or corpus


def fetched(params: Params) -> list[str]:
    """The corpora with raw data and keypoint shards of their own: all but the composed ones."""
    return [corpus for corpus in params.acquire.corpora if base_of(corpus) == corpus]


def published(params: Params) -> list[str]:
    """The corpora that others published with annotations of their own, as opposed to the embedded ones."""
    return [name for name in params.acquire.corpora if hasattr(corpora.load_corpus(name), "official")]


def audit_step(params: Params) -> str:
    """Name of the step that audits the corpora; raises SignScaleError if none of them is a published one."""
    if not published(params):
        raise SignScaleError(
            f"audit: none of {', '.join(params.acquire.corpora)} is a published corpus; there is nothing to compare"
        )
    return AUDIT


def shard_step(corpus: str, k: int) -> str:
    """Name of the step that extracts shard k of a corpus."""
    return f"keypoints/{corpus}/{k:05d}"


def runs(params: Params) -> Iterator[tuple[str, str, int]]:
    """Every fine-tuning run: benchmark, init, seed."""
    for benchmark, settings in params.finetune.benchmarks.items():
        for init in params.finetune.inits:
            for seed in settings.seeds or params.finetune.seeds:
                yield benchmark, init, seed


def reads_pretrained(params: Params, init: str) -> bool:
    """Whether a fine-tuning run reads the pre-trained model: its weights, or the sizes of a model taken over."""
    return init == "pretrained" or bool(params.pretrain.start)


def table_step(table: str) -> str:
    """Name of the step that makes one table of the ablations."""
    return f"ablations/tables/{table}"


def baselines(params: Params) -> list[str]:
    """The benchmarks that have a nearest-neighbour baseline: those whose task has classes."""
    return [name for name, benchmark in params.finetune.benchmarks.items() if load_task(benchmark.task).has_classes]


def fetch_steps(params: Params, corpus: str) -> list[str]:
    """Names of the steps that share a corpus's fetching, less the one of its annotations; none if it is one job's."""
    count = 1 if corpus in params.keypoints.published else params.acquire.fetch_jobs.get(corpus, 1)
    return [f"acquire/{corpus}/part-{k:05d}-of-{count:05d}" for k in range(count)] if count > 1 else []


def _acquire(params: Params) -> Iterator[Step]:
    # Timeouts, attempts and the number of download jobs do not change what is fetched. So the last job's record names
    # neither them nor the other jobs.
    for corpus in params.acquire.corpora:
        base = base_of(corpus)
        entries = (*ENTRIES["acquire"], f"corpora.{corpus}")
        views = [one.name for one in estimators_of(params.keypoints, corpora.load_corpus(corpus))]
        if parts := fetch_steps(params, corpus):
            yield Step(f"acquire/{corpus}/annotations", {}, entries)
            yield from (Step(part, {}, entries, (f"acquire/{corpus}/annotations",)) for part in parts)
        decides = {"views": views} if len(views) > 1 else {}
        files = getattr(corpora.load_corpus(corpus), "dropped", ())
        if entry := params.keypoints.published.get(corpus):
            entries = (*entries, f"keypoints.readers.published.{entry.format}")
            decides = {"published": entry.model_dump()}
            files = (*files, os.path.relpath(entry.path, Path(params.acquire.raw) / corpus))
        yield Step(
            f"acquire/{corpus}",
            decides,
            entries,
            manifests=() if base == corpus else (base,),
            dropped=(corpus, files) if files else None,
        )


def _keypoints(params: Params, shards: Mapping[str, int | None]) -> Iterator[Step]:
    for corpus, count in shards.items():
        source = corpora.load_corpus(corpus)
        facts = {key: getattr(source, key, None) for key in ("kind", "longest_side", "picture")}
        environment = environment_of(params.keypoints, source)
        if entry := params.keypoints.published.get(corpus):
            facts["published"] = entry.model_dump()
        decides = {"keypoints": _estimation(params, source), "corpus": facts}
        entries = (*ENTRIES["keypoints"], *keypoints_plugins(params, corpus))
        for k in range(count or 0):
            yield Step(
                shard_step(corpus, k),
                decides,
                entries,
                shard=(corpus, k),
                lock=lock(environment) if environment else "",
            )


def keypoints_plugins(params: Params, corpus: str) -> list[str]:
    """The modules that read or estimate the keypoints of a corpus."""
    entry = params.keypoints.published.get(corpus)
    readers = [f"keypoints.readers.published.{entry.format}"] if entry else []
    chosen = estimators_of(params.keypoints, corpora.load_corpus(corpus))
    return [*readers, *(f"keypoints.estimators.{one.name}" for one in chosen)]


def _estimation(params: Params, source: corpora.Corpus) -> dict[str, Any]:
    """The params of keypoints that decide a corpus's shards: their size, and the estimators that run."""
    names = [one.name for one in estimators_of(params.keypoints, source)]
    return {"clips_per_shard": params.keypoints.clips_per_shard} | deciding(params.keypoints, names)


def _pack(params: Params, shards: Mapping[str, int | None]) -> Iterator[Step]:
    for corpus in params.acquire.corpora:
        base = base_of(corpus)
        after = tuple(shard_step(base, k) for k in range(shards[base] or 0))
        manifests = tuple(sorted({corpus, base}))
        yield Step(f"pack/{corpus}", {"pack": params.pack.model_dump()}, ENTRIES["pack"], after, manifests)


def _text(params: Params) -> Step:
    return Step("text", {"text": params.text.model_dump()}, ENTRIES["text"], manifests=tuple(params.acquire.corpora))


def _pretrain(params: Params, name: str = "pretrain") -> Step:
    """The step that pre-trains, or that takes over a model instead."""
    if start := params.pretrain.start:
        source = folder_of(start, params.acquire.raw)
        return Step(name, {"pretrain": {"from": start}}, ENTRIES["pull"], source=source.as_posix())
    splits = {corpus: pretrain_splits(params.pretrain, corpus) for corpus in params.pretrain.corpora}
    decides = {"seed": params.seed, "pretrain": params.pretrain.model_dump(exclude={"start"}), "splits": splits}
    after = (*(f"pack/{corpus}" for corpus in params.pretrain.corpora), "text")
    return Step(name, decides, ENTRIES["pretrain"], after)


def _benchmark(benchmark: BenchmarkParams) -> dict[str, Any]:
    """What decides the clips and scores of a benchmark; with the labels of its subset, which the corpus's code has."""
    settings = benchmark.model_dump(exclude={"seeds"})
    if benchmark.subset:
        labels = subset_labels(benchmark.corpus, benchmark.subset)
        settings["labels"] = [labels.start, labels.stop] if isinstance(labels, range) else list(labels)
    return settings


def _finetune_run(params: Params, name: str, benchmark: str, pretrained: str) -> Step:
    """The step `name` that fine-tunes from the step `pretrained`; from scratch if that is empty.

    Where a model is taken over, a run from scratch builds on it too: it has the sizes of that model's network.
    """
    start = params.pretrain.start
    settings = params.finetune.benchmarks[benchmark]
    decides = {
        "finetune": {
            "benchmarks": {benchmark: _benchmark(settings)},
            settings.task: getattr(params.finetune, settings.task).model_dump(),
        },
        "pretrain": {"from": start} if start else {"model": params.pretrain.model.model_dump()},
    }
    before = pretrained or ("pretrain" if start else "")
    after = (f"pack/{settings.corpus}", "text", *([before] if before else []))
    return Step(name, decides, (*ENTRIES["finetune"], f"tasks.{settings.task}"), after)


def _finetune(params: Params) -> Iterator[Step]:
    for name, init, seed in runs(params):
        yield _finetune_run(params, f"finetune/{name}/{init}-{seed}", name, "pretrain" if init == "pretrained" else "")


def _evaluate_run(params: Params, name: str, benchmark: str, after: str, kind: str = "evaluate") -> Step:
    settings = params.finetune.benchmarks[benchmark]
    decides = {
        "seed": params.seed,
        "evaluate": params.evaluate.model_dump(),
        "finetune": {"benchmarks": {benchmark: _benchmark(settings)}},
    }
    return Step(name, decides, (*ENTRIES[kind], f"tasks.{settings.task}"), (after,), (settings.corpus,))


def _evaluate(params: Params) -> Iterator[Step]:
    for name, init, seed in runs(params):
        yield _evaluate_run(params, f"evaluate/{name}/{init}-{seed}", name, f"finetune/{name}/{init}-{seed}")
    for name in baselines(params):
        pack = f"pack/{params.finetune.benchmarks[name].corpus}"
        yield _evaluate_run(params, f"evaluate/{name}/nearest", name, pack, "nearest")


def _ablations(params: Params) -> Iterator[Step]:
    """The sweep's steps, less those that the ordinary run makes, then its tables and verdicts.

    None where a model is taken over.
    """
    if params.pretrain.start:
        return
    swept, started = points.points(params), {"", "pretrain"}
    for run in points.runs(params):
        point = swept[run.point]
        if run.pretrain not in started:
            started.add(run.pretrain)
            yield _pretrain(point.model_copy(update={"seed": run.seed}), run.pretrain)
        if not run.shared:
            yield _finetune_run(point, run.finetune, run.benchmark, run.pretrain)
            yield _evaluate_run(params, run.evaluate, run.benchmark, run.finetune)
    tables = points.tables(params) if points.benchmarks(params) else {}
    for table, labels in tables.items():
        decides = {"labels": labels, "seeds": params.ablations.seeds, "evaluate": params.evaluate.model_dump()}
        after = tuple(run.evaluate for run in points.runs(params, table))
        tasks = _tasks(params, {run.benchmark for run in points.runs(params, table)})
        yield Step(table_step(table), decides, (*ENTRIES["table"], *tasks), after)
    if tables:
        yield Step(VERDICTS, {}, ENTRIES["verdicts"], tuple(map(table_step, tables)))


def _audit(params: Params) -> Iterator[Step]:
    if published(params):
        corpora_of_own = [] if params.pretrain.start else params.pretrain.corpora
        splits = {corpus: pretrain_splits(params.pretrain, corpus) for corpus in corpora_of_own}
        trained = {name: benchmark.train_splits for name, benchmark in params.finetune.benchmarks.items()}
        decides = {"pretrain_splits": splits, "train_splits": trained}
        yield Step(AUDIT, decides, (*ENTRIES["audit"], *_corpora(params)), manifests=tuple(params.acquire.corpora))


def _report(params: Params, made: list[Step]) -> Step:
    after = tuple(s.name for s in made if s.stage in ("pack", "text", "pretrain", "finetune", "evaluate", "report"))
    # The report prints all the params.
    entries = (*ENTRIES["report"], *_tasks(params, params.finetune.benchmarks), *_corpora(params))
    return Step("report", params.model_dump(), entries, after, tuple(params.acquire.corpora))


def _tasks(params: Params, benchmarks: Iterable[str]) -> list[str]:
    """The modules of the tasks of some benchmarks."""
    return sorted({f"tasks.{params.finetune.benchmarks[name].task}" for name in benchmarks})


def _corpora(params: Params) -> list[str]:
    """The modules of the corpora."""
    return [f"corpora.{name}" for name in params.acquire.corpora]
