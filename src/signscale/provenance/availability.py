"""Which corpora this machine has access to. A run decides that once, before its graph; its jobs read it from a file.

A corpus that a person has to put in place, and that is not there, is left out with everything that needs it: its
keypoints and packs, corpora composed of it, its part of pre-training, its benchmarks. All other corpora are downloaded.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from signscale.corpora import load_corpus
from signscale.corpora.access import missing_access as missing
from signscale.corpora.parts import subset_labels
from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_json
from signscale.params import Params
from signscale.provenance.place import Place


def missing_access(params: Params, root: Path = Path()) -> dict[str, str]:
    """The corpora that this machine has no access to, each with one line: what is missing, its licence, how to get it.

    A corpus whose manifest is there (for instance pulled by DVC) is never left out. Raises SignScaleError on an unknown
    corpus.
    """
    place, shut = Place(params, root), {}
    for name in params.acquire.corpora:
        if name in params.keypoints.published:
            continue  # its videos are not asked for; its acquire job says what else is missing
        if not place.manifest(name).is_file() and (line := missing(name, place.raw(name))):
            shut[name] = line
    for name in params.acquire.corpora:
        if (base := load_corpus(name).base) in shut:
            shut[name] = f"{load_corpus(name).title} is left out: it is composed of {base}"
    return shut


def to_fetch(params: Params, root: Path = Path()) -> dict[str, str]:
    """The corpora that a run will download, each with one line: under which licence, from where, to where."""
    place, lines = Place(params, root), {}
    for name in params.acquire.corpora:
        corpus = load_corpus(name)
        if corpus.access == "auto" and not place.manifest(name).is_file() and not place.raw(name).is_dir():
            lines[name] = (
                f"{corpus.title} is not here yet ({corpus.licence}); its acquire job brings it "
                f"from {corpus.source} to {place.raw(name)}"
            )
    return lines


def without(params: Params, absent: Collection[str]) -> Params:
    """The params without some corpora; each section that named them lists them under its key `absent`.

    Raises SignScaleError if no corpus is left to pre-train on.
    """
    if not absent:
        return params
    acquire, pretrain, finetune = params.acquire, params.pretrain, params.finetune
    benchmarks = {name: b for name, b in finetune.benchmarks.items() if b.corpus not in absent}
    left_out = {name: b for name, b in finetune.benchmarks.items() if b.corpus in absent}
    left = params.model_copy(
        update={
            "acquire": acquire.model_copy(update=_split(acquire.corpora, absent)),
            "pretrain": pretrain.model_copy(update=_split(pretrain.corpora, absent)),
            "finetune": finetune.model_copy(update={"benchmarks": benchmarks, "absent": left_out}),
        }
    )
    if not left.pretrain.corpora and not left.pretrain.start:
        raise SignScaleError(
            f"nothing can be built: this machine has no corpus of pretrain.corpora ({', '.join(absent)})"
        )
    return left


def _split(corpora: list[str], absent: Collection[str]) -> dict[str, list[str]]:
    return {"corpora": [c for c in corpora if c not in absent], "absent": [c for c in corpora if c in absent]}


def check_subsets(params: Params) -> None:
    """Raise SignScaleError if a benchmark names a subset that its corpus does not have."""
    for name, benchmark in params.finetune.benchmarks.items():
        if benchmark.subset:
            try:
                subset_labels(benchmark.corpus, benchmark.subset)
            except SignScaleError as error:
                raise SignScaleError(f"finetune.benchmarks.{name}.subset: {error}") from None


def check_fetch_jobs(params: Params) -> None:
    """Raise SignScaleError if acquire.fetch_jobs names an unknown corpus, or one whose download cannot be shared."""
    for name, jobs in params.acquire.fetch_jobs.items():
        try:
            if jobs > 1 and getattr(load_corpus(name), "fetch_part", None) is None:
                raise SignScaleError(f"{name} is one download, so several jobs cannot share it; leave it out")
        except SignScaleError as error:
            raise SignScaleError(f"acquire.fetch_jobs: {error}") from None


def _decision(params: Params, root: Path) -> Path:
    return Place(params, root).stamp("absent")


def decide(params: Params, root: Path = Path()) -> tuple[Params, dict[str, str]]:
    """At the start of a run: its params, and one line for each corpus that it leaves out."""
    check_subsets(params)
    check_fetch_jobs(params)
    shut = missing_access(params, root)
    left = without(params, shut)
    return left, shut


def keep(params: Params, absent: list[str], root: Path = Path()) -> None:
    """Write down for the jobs of a run which corpora it leaves out. Not called in a dry run, which has no jobs."""
    write_json(_decision(params, root), absent)


def decided(params: Params, root: Path = Path()) -> Params:
    """In a job: the params of its run."""
    path = _decision(params, root)
    absent: Any = read_json(path) if path.is_file() else []
    return without(params, [name for name in params.acquire.corpora if name in absent])
