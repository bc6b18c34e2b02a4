"""The ledger keeps what is known about every source, and the day it was really fetched."""

from dataclasses import replace

import pytest

from signscale.errors import SignScaleError
from signscale.fetch.ledger import LedgerRow, read_ledger, write_ledger

GOOD = LedgerRow("v1", "https://example.org/v1.mp4", "2025-03-01", "ok", 12, "ab" * 32)
DEAD = LedgerRow("v2", "https://example.org/v,2.mp4", "", "dead", 0, "")


def test_rows_come_back_as_written(tmp_path):
    write_ledger(tmp_path / "ledger.csv", [GOOD, DEAD])
    assert read_ledger(tmp_path / "ledger.csv") == [GOOD, DEAD]
    header = (tmp_path / "ledger.csv").read_text().splitlines()[0]
    assert header == "source_id,url,date,outcome,bytes,sha256"


def test_no_ledger_is_no_rows(tmp_path):
    assert read_ledger(tmp_path / "ledger.csv") == []


def test_a_later_run_keeps_the_day_of_the_fetch_and_the_file(tmp_path):
    path = tmp_path / "ledger.csv"
    write_ledger(path, [GOOD])
    before = path.stat().st_ino
    assert write_ledger(path, [replace(GOOD, date="2026-09-09")]) == [GOOD]
    assert path.stat().st_ino == before  # not written again


def test_other_bytes_get_their_own_day(tmp_path):
    write_ledger(tmp_path / "ledger.csv", [GOOD])
    changed = replace(GOOD, date="2026-09-09", sha256="cd" * 32)
    assert write_ledger(tmp_path / "ledger.csv", [changed]) == [changed]


@pytest.mark.parametrize("rows", [[GOOD, GOOD], [replace(GOOD, outcome="perhaps")]])
def test_repeated_sources_and_unknown_outcomes_are_refused(tmp_path, rows):
    with pytest.raises(SignScaleError, match=r"stands twice|'perhaps' is none of ok, dead"):
        write_ledger(tmp_path / "ledger.csv", rows)
    assert not (tmp_path / "ledger.csv").exists()


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "source_id,url,date,outcome,bytes,sha256\nv,u,d,ok,many,x\n"])
def test_a_file_that_is_no_ledger_is_named(tmp_path, text):
    (tmp_path / "ledger.csv").write_text(text)
    with pytest.raises(SignScaleError, match=r"ledger\.csv: not a ledger .*; move it away"):
        read_ledger(tmp_path / "ledger.csv")
