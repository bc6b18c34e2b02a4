"""Edits that somebody said change no number: workflow/accepted.yaml, under version control, so that every clone knows.

An entry names a stage, who said so, why and when, and the exact change: of code by file and of packages by name, from
what the results were made with to what is there now. A step with exactly this new code counts as made with the former
one. A later edit is another change, and counts.
"""

import getpass
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from signscale.errors import SignScaleError
from signscale.formats.files import write_text

FILE = "workflow/accepted.yaml"
_HEAD = "# Edits that change no number, by `signscale accept`: the results made before them stay as they are.\n"
_CHANGES = ("code", "packages")
Change = dict[str, dict[str, list[str | None]]]  # of `code` and `packages`: by name, what it was and what it is


def read_accepted(root: Path) -> list[dict[str, Any]]:
    """The entries of a repository, oldest first. Raises SignScaleError if the file holds something else."""
    path = root / FILE
    if not path.is_file():
        return []
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        assert all({"stage", "who", "why", "when", "changes"} <= set(entry) for entry in entries)
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, AssertionError):
        raise SignScaleError(f"{path}: not written by `signscale accept`; restore it from git") from None
    return entries


def as_before(
    entries: list[dict[str, Any]], stage: str, decides: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str] | None]:
    """What decides a step, with an accepted change taken back; and who accepted it, why and when, or None."""
    found = [(change, entry) for entry in entries if entry["stage"] == stage for change in entry["changes"]]
    for change, entry in sorted(found, key=lambda pair: -sum(map(len, pair[0].values()))):
        if all(decides[kind].get(name) == now for kind in _CHANGES for name, (_, now) in change.get(kind, {}).items()):
            former = {kind: _taken_back(decides[kind], change.get(kind, {})) for kind in _CHANGES}
            return {**decides, **former}, {key: entry[key] for key in ("who", "why", "when")}
    return dict(decides), None


def _taken_back(now: Mapping[str, str], change: Mapping[str, list[str | None]]) -> dict[str, str]:
    content = dict(now) | {name: former for name, (former, _) in change.items()}
    return dict(sorted((name, value) for name, value in content.items() if value is not None))


def change_of(made: Mapping[str, Any], now: Mapping[str, Any]) -> Change:
    """The change of code and packages from what a record has to what is there now; empty if there is none."""
    changes = {}
    for kind in _CHANGES:
        names = sorted({*made[kind], *now[kind]})
        pairs = {name: [made[kind].get(name), now[kind].get(name)] for name in names}
        if different := {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}:
            changes[kind] = different
    return changes


def add_entry(root: Path, stage: str, why: str, changes: list[Change]) -> None:
    """Append an entry to the file, by the user that git knows, else of this machine."""
    entry = {"stage": stage, "who": _who(root), "why": why, "when": f"{datetime.now(UTC):%Y-%m-%d}", "changes": changes}
    text = yaml.safe_dump([*read_accepted(root), entry], sort_keys=False, allow_unicode=True, width=200)
    write_text(root / FILE, _HEAD + text)


def _who(root: Path) -> str:
    done = subprocess.run(["git", "config", "user.name"], cwd=root, capture_output=True, text=True)
    return done.stdout.strip() or getpass.getuser()
