"""The small CSV tables: what a spreadsheet would run is text, and every cell comes back."""

import pytest

from signscale.fetch.ledger import LedgerRow, read_ledger, write_ledger
from signscale.formats.excluded import Excluded, read_excluded, write_excluded


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "@SUM(A1)", "-x", "+x", "\tx", "'=x", "''=x", "-3.5", "'a"])
def test_no_cell_is_a_formula_and_every_cell_comes_back(text, tmp_path):
    rows = [Excluded(text, "pack", text)]
    write_excluded(tmp_path / "a.csv", rows)
    assert read_excluded(tmp_path / "a.csv") == rows
    cell = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1].strip('"')
    assert cell[0] not in "=+@-\t" or cell.startswith("-3.5")


def test_an_id_of_the_ledger_is_no_formula(tmp_path):
    rows = [LedgerRow("=cmd|' /C calc'!A0", "http://x/=1", "2025-01-01", "dead", 0, "")]
    write_ledger(tmp_path / "ledger.csv", rows)
    assert "\n'=cmd|" in (tmp_path / "ledger.csv").read_text(encoding="utf-8")
    assert read_ledger(tmp_path / "ledger.csv") == rows
