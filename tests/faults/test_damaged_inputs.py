"""Stages with damaged inputs and params, drawn at random (hypothesis): each ends well, or in a line without output.

A stage of the table is tried once `reads` names its files.
"""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_world import World, make_world

from signscale.errors import SignScaleError
from signscale.finetune.run import finetune
from signscale.params import validate

from .stages import STAGES, Stage, ready
from .table import DAMAGES

pytest.importorskip("hypothesis", reason="not installed: pip install --no-deps -r envs/test.txt")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.faults
drawn = settings(
    max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
TRIED = [stage for stage in STAGES if stage.reads]

SCALARS = st.none() | st.booleans() | st.integers(-2, 9) | st.just(10**25) | st.floats() | st.text(max_size=4)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=4), SCALARS, max_size=2)
"""Values of any kind, none of which asks for a network that fills the memory."""


@pytest.fixture(scope="module")
def world(root, tmp_path_factory) -> World:
    """The small world with what the stages need of one another."""
    made = make_world(tmp_path_factory.mktemp("world") / "w", root)
    ready(made)
    return made


def places(content: Any, above: tuple = ()) -> list[tuple]:
    """Every place of nested mappings and lists, by the keys and numbers that lead to it."""
    inside = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [place for key, value in inside for place in ((*above, key), *places(value, (*above, key)))]


def with_value(content: Any, place: tuple, value: Any) -> Any:
    """The content with another value at a place; changed as it stands."""
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return content


def damage(path: Path, data: st.DataObject) -> None:
    """Cut, flip, replace or, of JSON, change a value of a file."""
    whole = path.read_bytes()
    ways: dict[str, Callable[[], object]] = {
        "flip": lambda: path.write_bytes(flipped(whole, data.draw(st.integers(0, len(whole) - 1)))),
        "cut": lambda: path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))]),
        **{name: lambda make=make: make(path) for name, (make, _) in DAMAGES.items()},
    }
    if path.suffix in (".json", ".jsonl"):
        ways["value"] = lambda: change_value(path, data)
    ways[data.draw(st.sampled_from([*ways, *(["value"] * len(ways) if "value" in ways else [])]))]()


def flipped(whole: bytes, place: int) -> bytes:
    return whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]


def change_value(path: Path, data: st.DataObject) -> None:
    """Put a drawn value anywhere in a JSON file, or in one line of a file of JSON lines."""
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    row = data.draw(st.integers(0, len(lines) - 1))
    content = json.loads(lines[row])
    lines[row] = json.dumps(with_value(content, data.draw(st.sampled_from(places(content))), data.draw(VALUES)))
    path.write_text("\n".join(lines) + "\n")


def ends(work: Callable[[], object], out: Path) -> None:
    """Do the work, which ends well or in lines; what it writes in `out` is whole or not there, and has no NaN."""
    shutil.rmtree(out, ignore_errors=True)
    try:
        work()
    except SignScaleError as error:
        lines = str(error).splitlines()
        assert lines and all(line.strip() and len(line) < 2000 for line in lines)
        assert not (out / "config.json").exists() and not (out / "metrics.json").exists()
    except OSError as error:
        assert error.filename  # of which the command line makes a line
    else:
        assert any(out.rglob("*"))
    for path in out.rglob("*.json*"):
        for line in path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]:
            json.loads(line, parse_constant=no_number)
    assert not list(out.parent.rglob("*.partial"))


def no_number(name: str) -> None:
    raise AssertionError(f"{name} in a result")


@pytest.mark.parametrize("stage", TRIED, ids=[stage.name for stage in TRIED])
def test_a_stage_with_a_damaged_input_ends_well_or_in_a_line(stage: Stage, world: World, tmp_path):
    inputs = sorted({path for pattern in stage.reads for path in world.root.glob(pattern) if path.is_file()})
    assert inputs

    @given(st.sampled_from(inputs), st.data())
    @drawn
    def tried(path: Path, data: st.DataObject) -> None:
        whole = path.read_bytes()
        try:
            damage(path, data)
            ends(lambda: stage.run(world, tmp_path / "out", tmp_path / "scratch"), tmp_path / "out")
        finally:
            if path.is_dir():
                path.rmdir()
            path.write_bytes(whole)

    tried()


@pytest.mark.parametrize("benchmark", ["letters", "cslr", "slt", "retrieval"])
def test_fine_tuning_by_any_params_ends_well_or_in_a_line(benchmark: str, world: World, tmp_path):
    content = world.params.model_dump()
    task = content["finetune"]["benchmarks"][benchmark]["task"]
    corpus = content["finetune"]["benchmarks"][benchmark]["corpus"]
    tops = [("finetune", task), ("finetune", "benchmarks", benchmark), ("pretrain", "model")]
    found = [place for place in places(content) if any(place[: len(top)] == top for top in tops)]

    @given(st.sampled_from(found), VALUES)
    @drawn
    def tried(place: tuple, value: Any) -> None:
        def work() -> None:
            params = validate(with_value(world.params.model_dump(), place, value), "drawn")
            assert not isinstance(value, float) or math.isfinite(value)
            pack = world.root / "pack" / corpus
            finetune(params, benchmark, "scratch", 1, pack, world.text, None, tmp_path / "out")

        ends(work, tmp_path / "out")

    tried()
