"""Every bad file of the table ends in one line that names it, or is read; never in a traceback, never in silence."""

import random
from pathlib import Path

import pytest

from signscale.errors import SignScaleError

from .table import DAMAGES, EITHER, FAULTS, HARMLESS, KINDS, REFUSED

FLIPS = 150
"""Single bytes changed in each kind of file, from one end to the other."""


def made(kind: str, folder: Path) -> Path:
    """A good file of a kind."""
    path = folder / KINDS[kind].name
    path.parent.mkdir(parents=True, exist_ok=True) if kind != "preset" else None
    KINDS[kind].make(path)
    return path


def outcome(kind: str, path: Path) -> str:
    """What the reader says, "" if it reads the file. The line names the file or, of a model, its folder."""
    try:
        KINDS[kind].read(path)
    except SignScaleError as error:
        lines = str(error).splitlines()
        assert lines and all(line.strip() for line in lines)
        names = (str(path), str(path.parent), path.name, "params.yaml")
        assert all(any(name in line for name in names) for line in lines), error
        assert "delete" not in lines[0] or "ledger" in lines[0] or "fetch" in lines[0]
        return str(error)
    return ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_file_is_read(kind, tmp_path):
    assert outcome(kind, made(kind, tmp_path)) == ""


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_refused_in_a_line(kind, damage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    damaging, expected = DAMAGES[damage]
    path = made(kind, tmp_path)
    damaging(path)
    said = outcome(kind, path)
    if (damage, kind) in HARMLESS:
        assert not said
    elif expected == REFUSED:
        assert said
        assert "\n" not in said
    else:
        assert expected == EITHER
    assert not (tmp_path / "run").exists()  # what the pickle would make


@pytest.mark.parametrize(("kind", "what", "make", "says"), FAULTS, ids=[f"{row[0]}: {row[1]}" for row in FAULTS])
def test_a_fault_of_one_kind_is_named(kind, what, make, says, tmp_path):
    path = made(kind, tmp_path)
    make(path)
    assert says in outcome(kind, path)


@pytest.mark.faults
@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_byte_is_read_or_refused_in_a_line(kind, tmp_path):
    path = made(kind, tmp_path)
    whole = path.read_bytes()
    draw = random.Random(kind)
    for place in sorted(draw.sample(range(len(whole)), min(FLIPS, len(whole)))):
        changed = bytearray(whole)
        changed[place] ^= draw.randrange(1, 256)
        path.write_bytes(changed)
        outcome(kind, path)
