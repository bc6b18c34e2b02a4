"""What a result was made with: the packages that the lock pins, the commit of the code, the machine.

The pins can change results, so the provenance records contain them. Commit and machine are only noted.
"""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.files import sha256

LOCK = "envs/base.txt"


def pins(lock: Path) -> dict[str, str]:
    """The version of every package in a lock of `name==version` lines. Raises SignScaleError if there is no lock."""
    if not lock.is_file():
        raise SignScaleError(f"{lock}: no such file; the lock of the environment is part of the repository")
    lines = (line.partition("#")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return dict(line.split("==") for line in lines if "==" in line)


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def commit(root: Path = Path()) -> str:
    """The commit checked out in `root`, and whether tracked files differ from it; dvc.lock, which runs write, may."""
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return "not known: this is not a git repository with commits"
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!dvc.lock")
    return head + (" with changes that are not committed" if changed else "")


def processor() -> str:
    """Model name of the processor: /proc/cpuinfo on Linux, else what the platform says."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def gpus() -> list[str]:
    """Model names of the NVIDIA GPUs, as their driver on Linux tells them; empty without one."""
    found = []
    for info in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        lines = dict(line.partition(":")[::2] for line in info.read_text(encoding="utf-8").splitlines())
        found.append(lines.get("Model", "unknown").strip())
    return found


def where(root: Path, packages: tuple[str, ...]) -> dict[str, Any]:
    """The commit, the lock's sha256, Python, the versions of `packages` that are really installed, the machine."""
    return {
        "commit": commit(root),
        "lock": {LOCK: sha256(root / LOCK)},
        "python": platform.python_version(),
        "installed": {name: _installed(name) for name in packages},
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "gpus": gpus(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
