"""Clones of git repositories that people bring: the commit they show, and who committed each of their files."""

import subprocess
from pathlib import Path

from signscale.errors import SignScaleError


def _git(clone: Path, *arguments: str) -> str:
    """What git says of `clone` itself, never of a repository around it. Raises SignScaleError if it cannot."""
    if not (clone / ".git").exists():
        raise SignScaleError(
            f"{clone}: it has no git history (a downloaded zip has none); "
            "move it away and clone the repository there, with full history"
        )
    command = ["git", "--git-dir=.git", "--work-tree=.", "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, cwd=clone, capture_output=True, encoding="utf-8", errors="replace", check=True)
    except FileNotFoundError:
        raise SignScaleError(f"{clone}: there is no git on this machine to read it with; install git") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SignScaleError(
            f"{clone}: git cannot read it ({said}); move it away and clone the repository there, with full history"
        ) from None
    return done.stdout


def commit(clone: Path, folder: str, suffix: str) -> str:
    """The commit a clone shows. Raises SignScaleError unless its files `folder`/**/*`suffix` are those of the commit.

    A checkout that was broken off, or edited, would else be recorded as a commit that it is not.
    """
    head = _git(clone, "rev-parse", "HEAD").strip()
    changed = _git(clone, "status", "--porcelain", "--untracked-files=all", "--", f":(glob){folder}/**/*{suffix}")
    if changed:
        first, *others = changed.splitlines()
        raise SignScaleError(
            f"{clone}: {first[3:]} and {len(others)} others are not as in its commit {head[:12]}; "
            f"move {clone / folder} away and run git -C {clone} checkout HEAD -- {folder}"
        )
    return head


def authors(clone: Path, folder: str) -> dict[str, str]:
    """Path -> author of the newest commit that added or changed it, of every file there ever was under `folder`.

    Files that were deleted since are among them. Raises SignScaleError if the clone lacks some of its history.
    """
    if _git(clone, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise SignScaleError(f"{clone}: a shallow clone; get its full history by git -C {clone} fetch --unshallow")
    log = ["log", "--encoding=UTF-8", "--format=%x00%an", "--name-only", "--no-renames", "--diff-filter=AM"]
    found: dict[str, str] = {}
    author = ""
    for line in _git(clone, *log, "--", folder).split("\n"):
        if line.startswith("\0"):
            author = line[1:]
        elif line:
            found.setdefault(line, author)
    return found
