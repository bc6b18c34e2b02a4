"""Where the figures come from: params, code, packages, files by sha256, and the machine that wrote the report."""

import importlib.metadata
import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from signscale.formats.files import sha256
from signscale.formats.machine import commit, processor
from signscale.params import Params

PACKAGES = (
    "signscale", "torch", "deepspeed", "transformers", "numpy", "h5py", "mediapipe", "pose-format",
    "sacrebleu", "flashlight-text", "snakemake", "dvc",
)  # fmt: skip
# The files that decide the figures, as patterns under the results folder.
FILES = (
    "pack/*/shard.h5",
    "pack/*/manifest.parquet",
    "text/store.h5",
    "pretrain/model.safetensors",
    "finetune/*/*/model.safetensors",
    "evaluate/*/*/metrics.json",
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """commit: the one checked out in the working folder, or why there is none. files: (path under results, sha256)."""

    params: str
    commit: str
    versions: list[tuple[str, str]]
    files: list[tuple[str, str]]
    machine: list[tuple[str, str]]


def versions() -> list[tuple[str, str]]:
    """The versions of Python and the main packages; "not installed" for a missing one."""
    found = [("python", platform.python_version())]
    for package in PACKAGES:
        try:
            found.append((package, importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:
            found.append((package, "not installed"))
    return found


def machine() -> list[tuple[str, str]]:
    """Processor, cores and memory of the machine that writes the report."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("Processor", processor()),
        ("Cores", str(os.cpu_count())),
        ("Memory", f"{memory:.1f} GiB"),
        ("System", f"{platform.system()} {platform.machine()}"),
    ]


def read_provenance(params: Params, results: Path) -> Provenance:
    """Gather it; every file FILES names that exists is read whole."""
    paths = [path for pattern in FILES for path in sorted(results.glob(pattern))]
    return Provenance(
        params=json.dumps(params.model_dump(mode="json"), indent=1, ensure_ascii=False),
        commit=commit(),
        versions=versions(),
        files=[(path.relative_to(results).as_posix(), sha256(path)) for path in paths],
        machine=machine(),
    )
