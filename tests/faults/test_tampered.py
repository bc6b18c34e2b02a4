"""Every output of every step, damaged: seen by a plan, named by `signscale why`, made again; the list is the records'.

On a made-up repository whose steps cost nothing; that Snakemake and DVC go by it is in tests/workflow.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from made_repository import make, stale

from signscale.formats.files import read_json
from signscale.provenance.definition import known_steps
from signscale.provenance.outputs import VERIFY
from signscale.provenance.place import Place
from signscale.provenance.stages import STAGES
from signscale.provenance.why import reasons


def _flipped(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


TAMPERING: dict[str, tuple[Callable[[Path], object], str]] = {
    "flipped": (_flipped, "damaged"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "damaged"),
    "longer": (lambda path: path.write_bytes(path.read_bytes() + b"\0"), "damaged"),
    "empty": (lambda path: path.write_bytes(b""), "damaged"),
    "missing": (Path.unlink, "missing"),
}
"""What befalls an output, and the word for it."""


def outputs_of(place: Place) -> list[tuple[str, Path]]:
    """(step, file) of every output that a record of the repository notes."""
    found: list[tuple[str, Path]] = []
    for name in known_steps(place):
        record = place.record(name)
        found += [(name, record.parent / output) for output in read_json(record)["outputs"]]
    return found


@pytest.mark.parametrize("way", TAMPERING)
def test_a_tampered_output_is_seen_and_named_and_put_right(place, way):
    tamper, word = TAMPERING[way]
    tried = outputs_of(place)
    assert {name.split("/")[0] for name, _ in tried} == {*STAGES} - {"keypoints"}  # whose made-up steps write no file
    for name, path in tried:
        whole = path.read_bytes()
        tamper(path)
        assert reasons(Place(place.params, place.root))[name] == [f"output {path.name} {word}"]
        assert name in stale(place)
        path.write_bytes(whole)
    assert stale(place) == []


def test_bytes_changed_under_the_same_size_and_time_are_seen_with_verify(place, monkeypatch):
    # A plan reads the manifests that acquire made, and says so of one that it cannot read.
    tried = [(name, path) for name, path in outputs_of(place) if not name.startswith("acquire/")]
    for name, path in tried:
        whole, time = path.read_bytes(), path.stat().st_mtime_ns
        _flipped(path)
        os.utime(path, ns=(time, time))
        assert name not in stale(place)
        monkeypatch.setenv(VERIFY, "1")
        assert name in stale(place)
        monkeypatch.delenv(VERIFY)
        path.write_bytes(whole)
    make(Place(place.params, place.root))
    assert stale(place) == []
