"""The figures of benchmarks/scale.py: means over groups, paired differences, and files read into draws and clips."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def table(root: Path):
    spec = importlib.util.spec_from_file_location("scale_table", root / "benchmarks" / "scale_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_groups_count_alike_whatever_their_clips(table) -> None:
    places = {"a": np.array([[0, 0, 0, 0]]), "b": np.array([[0, 3]])}
    assert table.interval(table.shares(places, 1))["value"] == pytest.approx(75.0)
    assert table.interval(table.shares(places, 5))["value"] == 100.0


def test_differences_are_of_the_same_clip_and_draw(table) -> None:
    ours, base = {"a": np.array([[0, 2], [0, 0]])}, {"a": np.array([[0, 0], [1, 0], [0, 0]])}
    found = table.difference(ours, base, 1)["a"]
    assert found.tolist() == [[0.0, -100.0], [100.0, 0.0]], "the third draw of the baseline has no partner"


def test_the_interval_of_equal_answers_is_a_point_and_of_others_holds_the_mean(table) -> None:
    assert table.interval({"a": np.full((3, 5), 50.0)}) == {"value": 50.0, "low": 50.0, "high": 50.0}
    mixed = table.interval({"a": 100.0 * (np.arange(200).reshape(2, 100) % 2)})
    assert mixed["low"] < mixed["value"] == 50.0 < mixed["high"]
    assert (mixed["high"] - mixed["low"]) / 2 == pytest.approx(100 * 1.96 * 0.5 / 10, rel=0.15)


def test_files_of_a_recorder_make_one_set_of_several_groups(table, tmp_path: Path) -> None:
    for name, places in {"people-x-0": [0, 1], "people-x-1": [0, 0], "people-y-0": [2], "other-0": [0]}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(places))
    sets = table.few_groups(tmp_path)
    assert sorted(sets) == ["other", "people"]
    assert sets["people"]["people-x"].tolist() == [[0, 1], [0, 0]]


def test_a_label_that_no_training_clip_has_stands_after_all_answers(table) -> None:
    assert [table.place_of(label, ["b", "a"]) for label in ("b", "a", "298")] == [0, 1, 2]
