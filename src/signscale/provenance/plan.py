"""One run of the workflow while Snakemake builds its graph: what the run has, what is fresh, what to say before it.

The rules ask a `Plan` (workflow/rules/common.smk). It sets the times of the stamps (signscale.provenance.records)
before the graph is built, and again after each corpus that the run acquires, because only then its clips are known.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.params import Params, load_params
from signscale.provenance import availability, records, why
from signscale.provenance.definition import known_steps, shard_counts
from signscale.provenance.place import Place
from signscale.provenance.preflight import missing_split, model_lines
from signscale.provenance.raw import of_a_plan
from signscale.provenance.stages import Step, shard_step


class Plan:
    """What one run of the workflow knows.

    params: without the corpora that this machine has no access to. absent: those corpora, each with one line on why.
    place: where results, records and stamps lie, as they were when the stamps were last settled.
    started: whether the stamps were settled at all.
    """

    def __init__(self, params: Params, absent: Mapping[str, str], root: Path = Path()):
        self.params, self.absent, self.root = params, absent, root
        self.place = Place(params, root)
        self.started = False
        self._stamps = "stamps"
        self._steps: dict[str, Step] = {}
        self._acquired: set[str] = set()  # corpora whose acquire job is done, in this run
        self._benchmarks: set[str] = set()  # benchmarks that this run fine-tunes
        self._complete_before: list[str] = []
        self._settled: dict[str, int] = {}  # acquired corpus: time of its manifest when the stamps were last settled
        self._at_start = self._manifest_times()

    def start(self, dry_run: bool) -> list[str]:
        """Settle the stamps for the first time; returns the lines that the user reads before any job.

        dry_run: whether the run starts no job. It then has stamps of its own, and changes nothing that the jobs of
        another run read. Raises SignScaleError if the run cannot go on.
        """
        self.started, self._stamps = True, "planned" if dry_run else "stamps"
        if not dry_run:
            availability.keep(self.params, list(self.absent), self.root)
        self._complete_before = records.complete(self._settle())
        return self._first_lines()

    def _settle(self) -> dict[str, bool]:
        """Write the stamps of all steps as known now; returns which steps are fresh."""
        # A manifest written since the start may be of a job that still runs; the graph does not know its clips yet.
        times = self._manifest_times()
        acquired = {c for c, at in times.items() if c in self._acquired or at == self._at_start[c] != 0}
        self.place = Place(self.params, self.root, frozenset(acquired), self._stamps, of_a_plan())
        self._steps = {}
        self._settled = {corpus: times[corpus] for corpus in acquired}
        return records.settle(self.place)

    def _manifest_times(self) -> dict[str, int]:
        """When the manifest of each corpus was written, in ns; 0 if it is not there."""
        paths = {corpus: self.place.manifest(corpus) for corpus in self.params.acquire.corpora}
        return {corpus: path.stat().st_mtime_ns if path.is_file() else 0 for corpus, path in paths.items()}

    def _first_lines(self) -> list[str]:
        """One line per missing corpus, with how to get it; per download; and per reason to run a stage again."""
        missing = [f"{c}: {line}" for c, line in (self.absent | availability.to_fetch(self.params, self.root)).items()]
        found = {
            name: [line for line in lines if line != why.NEVER_MADE] for name, lines in why.reasons(self.place).items()
        }
        lines = [*missing, *model_lines(self.params), *why.by_stage(found)]
        return [line for line in lines if not line.endswith(" made again")]

    def take_acquired(self, corpus: str) -> bool:
        """Count a corpus as acquired; returns whether its manifest is new, and the stamps were settled again.

        Raises SignScaleError if a benchmark of this run lacks a split.
        """
        self._acquired.add(corpus)
        if self._settled.get(corpus) == self._manifest_times()[corpus]:
            return False
        self._settle()
        self._check_splits(corpus)
        return True

    def take_benchmark(self, benchmark: str) -> None:
        """Count a benchmark as one that this run fine-tunes; raises SignScaleError if its corpus lacks a split."""
        self._benchmarks.add(benchmark)
        self._check_splits(self.params.finetune.benchmarks[benchmark].corpus)

    def _check_splits(self, corpus: str) -> None:
        for benchmark in sorted(self._benchmarks):
            concerned = self.params.finetune.benchmarks[benchmark].corpus == corpus
            if concerned and (line := missing_split(self.params, benchmark, self.root)):
                raise SignScaleError(line)

    @property
    def steps(self) -> dict[str, Step]:
        """The steps by name, as far as the manifests named them when the stamps were last settled."""
        if not self._steps:
            self._steps = known_steps(self.place)
        return self._steps

    def records_before(self, step: str) -> list[str]:
        """The records of the steps that a step builds on."""
        return [str(self.place.record(name)) for name in self.steps[step].after]

    def shards(self, corpus: str) -> list[str]:
        """The keypoint shards of an acquired corpus."""
        count = shard_counts(self.place)[corpus] or 0
        return [str(self.place.results / f"{shard_step(corpus, k)}.h5") for k in range(count)]

    def resume_folder(self, step: str) -> str:
        """Where a step keeps its resume state: another folder for other params, code or data."""
        return f"scratch/{step}/{records.fingerprint(self.place, step)}"

    def completed(self) -> list[str]:
        """The DVC stages that this run completed, with those after the first of them; empty if it never started."""
        if not self.started:
            return []
        self._acquired.update(self.params.acquire.corpora)
        complete = records.complete(self._settle())
        first = next((stage for stage in complete if stage not in self._complete_before), None)
        made = complete[complete.index(first) :] if first else []
        return [stage for stage in made if stage != "acquire"]  # DVC has it as a part of keypoints


def plan_of(config: Mapping[str, Any], planning: bool) -> Plan:
    """The plan of a run. `--config preset=NAME` may name the preset; every other value comes from params.yaml.

    planning: whether this process plans the run. A job on a cluster does not: it keeps to what its run decided.
    Raises SignScaleError on another key of config, wrong params, or if no corpus to pre-train on can be had.
    """
    if others := sorted(set(config) - {"preset"}):
        known = others[0].partition(".")[0] in Params.model_fields
        remedy = f", or for one experiment with `dvc exp run -S {others[0]}=...`" if known else ""
        raise SignScaleError(
            f"--config {others[0]}: only --config preset=NAME is allowed; change values in params.yaml{remedy}"
        )
    params = load_params(".", config.get("preset"))
    if "DVC_STAGE" in os.environ and params.preset != load_params(".").preset:
        raise SignScaleError("--config preset: under DVC, change the preset in params.yaml instead")
    return Plan(*availability.decide(params)) if planning else Plan(availability.decided(params), {})
