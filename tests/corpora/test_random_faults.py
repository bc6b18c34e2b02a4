"""Annotation files damaged at random, in every layout: rows are lost and counted, or it is refused in one line."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
import replicas

from signscale.corpora import load_corpus
from signscale.corpora.annotated import FAULTS
from signscale.corpora.tables import read_faults
from signscale.errors import SignScaleError
from signscale.formats.sample import read_manifest, write_manifest

CORPORA = ("wlasl", "msasl", "nmfs_csl", "slr500", "phoenix14t", "phoenix14", "csl_daily", "how2sign", "bobsl")
JUNK = [None, 0, -1, 1.5, float("nan"), float("inf"), 10**30, True, "", " ", "x", "../..", "a\0b", "v" * 300, "\ud800"]
JUNK += ["http://[::1/x", "=cmd", "\n", [], [1], {}, {"a": 1}, ["train"]]
PIECES = [
    b"\xff\xfe",
    b'"',
    b"../../",
    b"\0",
    b"|",
    b"\t",
    b"\n\n",
    "Ж".encode(),
    "词".encode("gbk"),
    b"9" * 40,
    b"-->",
]
CASES = 4
"""Damaged files a layout."""


def _damaged_json(content: Any, dice: random.Random) -> Any:
    """A value somewhere in a JSON document replaced by junk, or a key left out."""
    content = copy.deepcopy(content)
    node = content
    while keys := list(node) if isinstance(node, dict) else list(range(len(node))):
        key = dice.choice(keys)
        if dice.random() < 0.3 or not isinstance(node[key], dict | list):
            if isinstance(node, dict) and dice.random() < 0.1:
                del node[key]
            else:
                node[key] = dice.choice(JUNK)
            break
        node = node[key]
    return content


def _damaged_bytes(content: bytes, dice: random.Random) -> bytes:
    """Bytes cut out, overwritten or put in at a few places."""
    damaged = bytearray(content)
    for _ in range(dice.randrange(1, 8)):
        at = dice.randrange(len(damaged) + 1)
        kind = dice.randrange(3)
        damaged[at : at + (0, 1, 12)[kind]] = (dice.choice(PIECES), b"\0", b"")[kind]
    return bytes(damaged)


@pytest.mark.parametrize("layout", replicas.LAYOUTS)
def test_a_damaged_annotation_file_is_read_or_refused_in_one_line(layout: str, tmp_path: Path) -> None:
    replicas.LAYOUTS[layout](tmp_path)
    corpus = load_corpus(next(name for name in CORPORA if layout.startswith(name)))
    corpus.settle_parts(tmp_path, 1)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    kinds = (".json", ".csv", ".txt", ".vtt")
    files = sorted(p for p in before if p.suffix in kinds and p.name not in (FAULTS, "ledger.csv"))
    for case in range(CASES):
        dice = random.Random(f"{layout} {case}")
        path = dice.choice(files)
        whole = path.read_bytes()
        if path.suffix == ".json" and dice.random() < 0.8:
            path.write_text(json.dumps(_damaged_json(json.loads(whole), dice)))
        else:
            path.write_bytes(_damaged_bytes(whole, dice))
        try:
            corpus.check_access(tmp_path / corpus.name)
            corpus.settle_parts(tmp_path, 1)
            write_manifest(tmp_path / "manifest.parquet", corpus.samples(tmp_path))
        except SignScaleError as refused:
            assert "\n" not in str(refused)
        else:
            read_manifest(tmp_path / "manifest.parquet")
            read_faults(tmp_path / corpus.name / FAULTS)
        path.write_bytes(whole)
    assert {p for p in tmp_path.rglob("*") if p.is_file()} - before <= {tmp_path / "manifest.parquet"}
