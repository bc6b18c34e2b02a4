"""Archives from strangers are unpacked whole and inside their folder, or not at all."""

import errno
import io
import tarfile
import zipfile

import pytest

from signscale.errors import SignScaleError
from signscale.fetch import archives
from signscale.fetch.archives import unpack
from signscale.fetch.ledger import LedgerRow, read_ledger
from signscale.fetch.record import record, unpack_recorded


def _tar(path, *members, mode="w:gz"):
    """Members: (name, bytes) or a TarInfo."""
    with tarfile.open(path, mode) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]))
    return path


def _special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_a_good_archive_is_unpacked_and_leading_folders_are_left_off(tmp_path):
    tar = _tar(tmp_path / "a.tar.gz", ("top/x/1.png", b"one"), ("top/2.png", b"two"))
    unpack(tar, tmp_path / "out", strip=1)
    assert (tmp_path / "out" / "x" / "1.png").read_bytes() == b"one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "out"]


@pytest.mark.parametrize("name", ["../evil", "x/../../evil", "/tmp/evil", "x\\..\\evil"])
def test_a_member_that_points_out_is_refused_and_nothing_is_left(tmp_path, name):
    tar = _tar(tmp_path / "a.tar.gz", ("good.txt", b"good"), (name, b"evil"))
    with pytest.raises(SignScaleError, match="points outside its folder"):
        unpack(tar, tmp_path / "in" / "out")
    assert list((tmp_path / "in").iterdir()) == []


@pytest.mark.parametrize(
    "member",
    [
        _special("x", tarfile.SYMTYPE, "/etc/passwd"),
        _special("x", tarfile.LNKTYPE, "../../secret"),
        _special("x", tarfile.CHRTYPE),
        _special("x", tarfile.FIFOTYPE),
    ],
)
def test_links_and_devices_are_refused(tmp_path, member):
    with pytest.raises(SignScaleError, match="link or a device"):
        unpack(_tar(tmp_path / "a.tar.gz", member), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_zip_may_not_point_out_or_link_either(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../evil", "evil")
    with pytest.raises(SignScaleError, match="points outside its folder"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(SignScaleError, match="link or a device"):
        unpack(tmp_path / "b.zip", tmp_path / "out")


def test_an_archive_larger_than_allowed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_TOTAL", 1000)
    tar = _tar(tmp_path / "a.tar.gz", ("1", b"x" * 600), ("2", b"x" * 600))
    with pytest.raises(SignScaleError, match="unpacks to more than allowed"):
        unpack(tar, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_a_torn_archive_is_one_clear_line(tmp_path, keep):
    whole = _tar(tmp_path / "a.tar.gz", *((f"{n}.txt", bytes(range(256)) * 40 + str(n).encode()) for n in range(20)))
    torn = tmp_path / "torn.tar.gz"
    torn.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * keep)])
    with pytest.raises(SignScaleError, match="not a whole archive"):
        unpack(torn, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_archive_is_one_clear_line(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"<html>")
    with pytest.raises(SignScaleError, match="not a whole archive"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")


def test_a_killed_unpacking_is_begun_anew(tmp_path):
    (tmp_path / ".out.unpacking").mkdir()
    (tmp_path / ".out.unpacking" / "half.png").write_bytes(b"ha")
    unpack(_tar(tmp_path / "a.tar.gz", ("1.png", b"one")), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1.png"]


def test_a_killed_unpacking_goes_on_at_the_file_it_was_at(tmp_path, monkeypatch):
    archive = _tar(tmp_path / "a.tar", *((f"x/{n}.png", b"picture %d" % n) for n in range(6)), mode="w")
    copy, copied = archives.shutil.copyfileobj, []

    def killed(source, target, size):
        copied.append(target.name)
        if len(copied) == 4:
            target.write(b"pict")
            raise KeyboardInterrupt
        copy(source, target, size)

    monkeypatch.setattr(archives.shutil, "copyfileobj", killed)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    unpack(archive, tmp_path / "out")
    assert len(copied) == 7
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / "x").iterdir()} == {
        f"{n}.png": b"picture %d" % n for n in range(6)
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "out"]


def test_what_came_of_another_archive_of_the_same_name_is_not_gone_on_with(tmp_path, monkeypatch):
    archive = _tar(tmp_path / "a.tar", ("1.png", b"one"), ("2.png", b"two"), mode="w")
    monkeypatch.setattr(archives, "_move_in", lambda beside, folder: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out")
    monkeypatch.undo()
    archive.unlink()
    _tar(archive, ("1.png", b"ONE"), ("3.png", b"three"), ("4.png", b"four"), mode="w")
    unpack(archive, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        "1.png": b"ONE", "3.png": b"three", "4.png": b"four",
    }  # fmt: skip


def test_a_full_disk_is_not_the_archives_fault(tmp_path, monkeypatch):
    def full(source, target, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = _tar(tmp_path / "a.tar", ("1.png", b"one"), mode="w")
    monkeypatch.setattr(archives.shutil, "copyfileobj", full)
    with pytest.raises(SignScaleError, match=r"1\.png: cannot be written \(No space left on device\)"):
        unpack(archive, tmp_path / "out")


def test_an_archive_that_is_refused_is_counted_in_the_ledger(tmp_path):
    archive = _tar(tmp_path / "a.tar.gz", ("../evil", b"evil"))
    record(tmp_path, [LedgerRow("a.tar.gz", "https://example.org/a.tar.gz", "2026-01-01", "ok", 5, "0" * 64)])
    with pytest.raises(SignScaleError, match="points outside its folder"):
        unpack_recorded(tmp_path, archive, tmp_path / "out")
    (row,) = read_ledger(tmp_path / "ledger.csv")
    assert (row.source_id, row.outcome, row.url) == ("a.tar.gz", "refused", "https://example.org/a.tar.gz")
