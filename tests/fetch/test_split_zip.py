"""A zip in several parts is unpacked like a whole one; a part that is missing, torn or of another zip is named."""

import io
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from signscale.errors import SignScaleError
from signscale.fetch.archives import ArchiveError, unpack

CONTENT = {f"raw/{name}.mp4": random.Random(name).randbytes(3000 + 700 * name) for name in range(6)}


@pytest.fixture
def place(split, tmp_path):
    """Puts a zip of CONTENT into the folder, in parts; returns the last of them."""

    def placed(cuts: list[int], wide: bool = False) -> Path:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, body in CONTENT.items():
                archive.writestr(zipfile.ZipInfo(name), body)
        parts = split(file.getvalue(), cuts, wide)
        for number, part in enumerate(parts, start=1):
            suffix = "zip" if number == len(parts) else f"z{number:02d}"
            (tmp_path / f"train.{suffix}").write_bytes(part)
        return tmp_path / "train.zip"

    return placed


def _unpacked(folder):
    return {f"raw/{path.name}": path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("cuts", [[5000], [9000, 9001, 20_000], [4, 12_345, 28_000, 28_900]])
def test_parts_give_the_files_of_the_whole(tmp_path, place, cuts, wide):
    archive = place(cuts, wide)
    unpack(archive, tmp_path / "out", strip=1)
    assert _unpacked(tmp_path / "out") == CONTENT


def test_the_list_of_members_may_itself_be_cut(tmp_path, place):
    start = sum(len(body) + 30 + len(name) for name, body in CONTENT.items())
    unpack(place([10_000, start + 50, start + 200]), tmp_path / "out", strip=1)
    assert _unpacked(tmp_path / "out") == CONTENT


@pytest.mark.skipif(not shutil.which("zip"), reason="the program zip is not installed")
def test_what_info_zip_splits_is_read(tmp_path):
    content = {name: random.Random(name).randbytes(90_000) for name in CONTENT}
    for name, body in content.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    subprocess.run(["zip", "-q", "-r", "-s", "64k", "train.zip", "raw"], cwd=tmp_path, check=True)
    assert len(list(tmp_path.glob("train.z*"))) > 5
    unpack(tmp_path / "train.zip", tmp_path / "out", strip=1)
    assert _unpacked(tmp_path / "out") == content


def test_a_missing_part_is_named(tmp_path, place):
    archive = place([9000, 20_000])
    (tmp_path / "train.z02").unlink()
    with pytest.raises(SignScaleError, match=r"train\.z02: part of train\.zip is missing"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("torn", ["train.z01", "train.z02"])
def test_a_part_that_lost_bytes_is_never_taken_for_whole(tmp_path, place, torn):
    archive = place([9000, 20_000])
    (tmp_path / torn).write_bytes((tmp_path / torn).read_bytes()[:-7])
    with pytest.raises(ArchiveError, match="not a whole archive"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_member_that_points_out_is_refused_in_parts_too(tmp_path, place, monkeypatch):
    monkeypatch.setitem(CONTENT, "../evil.mp4", b"evil" * 99)
    with pytest.raises(ArchiveError, match="points outside its folder"):
        unpack(place([9000]), tmp_path / "out")
    assert not (tmp_path / "out").exists()
