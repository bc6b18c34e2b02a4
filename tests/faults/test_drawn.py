"""Params, rows and shards drawn at random (hypothesis): a value of any kind is taken or refused in a line."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample, read_manifest, write_manifest
from signscale.formats.shard import Shard
from signscale.params import load_params, validate

from .table import KINDS, ROOT

pytest.importorskip("hypothesis", reason="not installed: pip install --no-deps -r envs/test.txt")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

pytestmark = pytest.mark.faults
drawn = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=2))
CONTENT = load_params(ROOT, "paper").model_dump()


def _places(content: dict, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of nested mappings, by the keys that lead to it."""
    own = [(*above, key) for key in content]
    return own + [
        place for key, value in content.items() if isinstance(value, dict) for place in _places(value, (*above, key))
    ]


@given(st.sampled_from(_places(CONTENT)), VALUES)
@drawn
def test_any_value_of_any_param_is_taken_or_refused_by_name(place, value):
    content = yaml.safe_load(yaml.safe_dump(CONTENT))
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    try:
        validate(content, "drawn")
    except SignScaleError as error:
        assert all(line.startswith("drawn: ") for line in str(error).splitlines())


@given(
    st.lists(
        st.builds(
            Sample,
            **{name: st.text(max_size=5) for name in Sample.__slots__}
            | dict.fromkeys(("start", "end", "fps"), st.floats()),
        ),
        max_size=4,
    )
)
@drawn
def test_any_rows_are_written_and_come_back_or_are_refused(tmp_path, rows):
    path = tmp_path / "a.parquet"
    try:
        write_manifest(path, rows)
    except SignScaleError as error:
        assert str(error).startswith(f"{path}: ")
    else:
        assert repr(read_manifest(path)) == repr(rows)


PARTS = ("keypoints", "offsets", "subpixel", "sizes", "fps", "ids")
KINDS_OF_NUMBERS = st.sampled_from(["<i2", "<i4", "<i8", "<f4", "<f8", "S2"])
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    KINDS["shard"].make(tmp_path / "a.h5")
    return (tmp_path / "a.h5").read_bytes()


@given(st.sampled_from(PARTS), st.data())
@drawn
def test_any_array_in_a_shard_is_read_or_refused(tmp_path, whole, part, data):
    path = tmp_path / "b.h5"
    path.write_bytes(whole)
    kind = data.draw(KINDS_OF_NUMBERS)
    with h5py.File(path, "r+") as file:
        shape = data.draw(SHAPES | st.just(file[part].shape if part != "keypoints" else (2,)))
        array = data.draw(arrays.arrays(np.dtype(kind), shape))
        del file[part]
        file[part] = array
    try:
        with Shard(path) as shard:
            for index in range(len(shard)):
                assert np.isfinite(shard.clip(index).keypoints).all()
    except SignScaleError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
