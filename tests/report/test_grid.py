"""Tables as files that other programs open."""

import csv

import pytest

from signscale.report.grid import comma_separated


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+cmd|x", "'+1+cmd|x"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("-3.5", "-3.5"),
        ("+1.2", "+1.2"),
        (-3.5, "-3.5"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula_to_a_spreadsheet(cell, written):
    assert list(csv.reader(comma_separated(["name"], [[cell]]).splitlines()))[1:] == [[written]]
