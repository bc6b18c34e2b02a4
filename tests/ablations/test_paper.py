"""The paper's ablations as data: every table holds its base point, and what the paper printed beside it."""

import csv
from importlib.resources import files

from signscale.ablations.verdicts import CHOICES

BENCHMARKS = [("MSASL1000", "top-1"), ("Phoenix14", "WER"), ("Phoenix14-T", "BLEU-4"), ("CSL-Daily", "T2V R@1")]


def points() -> dict[tuple[str, str], list[float]]:
    """The four figures of each point, by table and point."""
    text = files("signscale.ablations").joinpath("paper.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], list[float]] = {}
    for place, row in enumerate(csv.DictReader(text.splitlines())):
        assert (row["benchmark"], row["metric"]) == BENCHMARKS[place % 4]
        found.setdefault((row["table"], row["point"]), []).append(float(row["value"]))
    return found


def test_every_table_holds_the_base_point_with_the_same_four_figures():
    known = points()
    assert {table for table, _ in known} == set(CHOICES)
    assert all(known[table, point] == [74.07, 21.2, 22.24, 87.5] for table, point in CHOICES.items())


def test_other_points_are_as_printed():
    known = points()
    assert len(known) == 5 + 5 + 3 + 3 + 5 + 5 + 2 + 2
    assert known["lambda", "0.5"] == [72.96, 22.1, 21.23, 85.6]
    assert known["data_share", "0.0"] == [62.23, 28.9, 13.15, 75.2]
    assert known["pretext", "reconstruction"] == [69.44, 22.5, 19.74, 82.6]
    assert known["branches", "non_manual"] == [32.53, 51.3, 7.64, 31.4]
    assert known["window", "16"] == [72.32, 25.9, 18.17, 80.1]
    assert known["mask_ratio", "0.8"] == [66.36, 25.2, 17.29, 79.6]
    assert known["similarity", "coarse"] == [70.28, 24.4, 18.79, 79.8]
    assert known["embedding", "linear"] == [69.62, 25.3, 17.52, 77.4]


def test_no_contrast_and_no_mask_are_printed_with_the_same_figures():
    known = points()
    assert known["pretext", "contrast"] == known["mask_ratio", "0.0"] == [67.16, 23.7, 17.57, 81.9]
