"""Shards from elsewhere: nothing outside the file is shown as its content, and no part of it is believed unseen."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from made_shards import random_clip

from signscale.errors import SignScaleError
from signscale.formats.shard import Shard, write_shard


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    write_shard(tmp_path / "a.h5", [random_clip("one", 1, 5), random_clip("two", 2, 7)], "made", "1")
    return tmp_path / "a.h5"


def refusal(path: Path) -> str:
    with pytest.raises(SignScaleError) as caught:
        Shard(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    assert "delete" not in str(caught.value)
    return str(caught.value)


def replaced(path: Path, name: str, make: Callable[[h5py.File], None]) -> Path:
    """The shard with another dataset, made by `make`, in the place of one."""
    with h5py.File(path, "r+") as file:
        del file[name]
        make(file)
    return path


def test_an_external_link_is_refused_before_it_is_followed(shard: Path) -> None:
    write_shard(shard.with_name("secret.h5"), [random_clip("one", 3, 12)], "made", "1")
    link = h5py.ExternalLink("secret.h5", "/keypoints")
    assert "keypoints is a link" in refusal(replaced(shard, "keypoints", lambda f: f.__setitem__("keypoints", link)))


def test_external_storage_is_refused(shard: Path) -> None:
    shard.with_name("secret").write_bytes(b"\1" * 12 * 133 * 3 * 2)
    external = [(str(shard.with_name("secret")), 0, h5py.h5f.UNLIMITED)]
    replaced(shard, "keypoints", lambda f: f.create_dataset("keypoints", (12, 133, 3), "<i2", external=external))
    assert "keypoints is stored in another file" in refusal(shard)


def test_a_virtual_dataset_is_refused(shard: Path) -> None:
    write_shard(shard.with_name("secret.h5"), [random_clip("one", 3, 12)], "made", "1")
    layout = h5py.VirtualLayout((12, 133, 3), "<i2")
    layout[:] = h5py.VirtualSource(shard.with_name("secret.h5"), "keypoints", (12, 133, 3))
    replaced(shard, "keypoints", lambda f: f.create_virtual_dataset("keypoints", layout))
    assert "keypoints is stored in another file" in refusal(shard)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("keypoints", np.zeros((12, 133, 3), "<f4"), "keypoints is of type float32, not int16"),
        ("keypoints", np.zeros((12, 79, 3), "<i2"), "keypoints has shape (12, 79, 3), not (12, 133, 3)"),
        ("keypoints", np.zeros((11, 133, 3), "<i2"), "keypoints has shape (11, 133, 3)"),
        ("offsets", np.zeros((), "<i8"), "offsets has shape ()"),
        ("offsets", np.zeros(0, "<i8"), "offsets does not rise from 0"),
        ("offsets", np.array([0, 7, 5], "<i8"), "offsets does not rise from 0"),
        ("offsets", np.array([-5, 0, 12], "<i8"), "offsets does not rise from 0"),
        ("offsets", np.array([0.0, 5.0, 12.0]), "offsets is of type float64"),
        ("sizes", np.zeros((2, 2), "<i4"), "a picture size or a rate is impossible"),
        ("sizes", np.ones((2, 3), "<i4"), "sizes has shape (2, 3), not (2, 2)"),
        ("fps", np.array([25.0, np.nan]), "a picture size or a rate is impossible"),
        ("fps", np.array([25.0, np.inf]), "a picture size or a rate is impossible"),
        ("subpixel", np.zeros(2, "<i2"), "subpixel below 1"),
        ("ids", np.arange(2), "ids is not text"),
        ("ids", np.array([b"\xff", b"b"], "S1"), "can't decode byte 0xff"),
        ("ids", np.array([b"a", b"a"], "S1"), "a sample id stands twice"),
    ],
)  # fmt: skip
def test_a_part_of_another_type_shape_or_sense_is_named(shard: Path, name: str, content, reason: str) -> None:
    assert reason in refusal(replaced(shard, name, lambda f: f.__setitem__(name, content)))


@pytest.mark.parametrize(("name", "value"), [("format", "x"), ("format", [1, 2]), ("estimator", 3)])
def test_an_attribute_of_another_kind_is_refused(shard: Path, name: str, value) -> None:
    with h5py.File(shard, "r+") as file:
        file.attrs[name] = value
    assert "not a whole keypoint shard" in refusal(shard)


def test_a_group_in_the_place_of_a_dataset_is_refused(shard: Path) -> None:
    assert "offsets is not a dataset" in refusal(replaced(shard, "offsets", lambda f: f.create_group("offsets")))


def test_a_claim_larger_than_the_file_is_not_allocated(shard: Path) -> None:
    replaced(shard, "offsets", lambda f: f.create_dataset("offsets", (1 << 40,), "<i8", chunks=(1024,)))
    assert "offsets claims to be larger than the file" in refusal(shard)


def test_a_shard_locked_by_another_process_says_so(shard: Path) -> None:
    code = f"import h5py, sys; f = h5py.File({str(shard)!r}, 'r+'); print(flush=True); sys.stdin.read()"
    locking = {"env": os.environ | {"HDF5_USE_FILE_LOCKING": "TRUE"}, "stdin": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, **locking) as holder:
        holder.stdout.readline()
        said = refusal(shard)
        holder.communicate()
    assert "locked by another process" in said and "HDF5_USE_FILE_LOCKING=FALSE" in said
    Shard(shard).close()


def test_a_folder_is_one_clear_line(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: a folder, not a whole keypoint shard; name the file"
