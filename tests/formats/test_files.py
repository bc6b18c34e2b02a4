"""Files that appear whole, and their fingerprints."""

import errno
import hashlib
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from made_shards import random_clip

from signscale.errors import SignScaleError
from signscale.formats import files
from signscale.formats.shard import write_shard


def test_a_file_is_read_again_only_if_its_size_or_time_changed(tmp_path, monkeypatch):
    read, sha256 = [], files.sha256
    monkeypatch.setattr(files, "sha256", lambda path: read.append(path) or sha256(path))
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"one")
    assert {files.sha256_once(clip) for _ in range(14)} == {hashlib.sha256(b"one").hexdigest()}
    assert len(read) == 1
    clip.write_bytes(b"two")
    os.utime(clip, ns=(0, 1))
    assert files.sha256_once(clip) == hashlib.sha256(b"two").hexdigest()
    assert len(read) == 2


def test_a_disk_that_is_full_is_one_line_and_leaves_the_old_file(tmp_path):
    """A limit on the size of files stands for the disk: both end a write in its middle."""
    place = tmp_path / "a.txt"
    files.write_text(place, "old")
    code = (
        "import resource, sys; from signscale.formats.files import write_text; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); write_text(sys.argv[1], 'x' * 5000)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, text=True, check=False)
    line = f"signscale.errors.SignScaleError: {place}: cannot be written (File too large); make room there, or write"
    assert done.stderr.splitlines()[-1].startswith(line)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"] and place.read_text() == "old"


@pytest.mark.parametrize("write", [lambda path: files.write_text(path, "x"), files.check_writable])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path, write):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder" / "in it").mkdir(parents=True)
    for place in (tmp_path / "file" / "a.txt", tmp_path / "folder", tmp_path / ("x" * 300)):
        with pytest.raises(SignScaleError) as caught:
            write(place)
        assert str(caught.value).startswith(f"{place}: ") and "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_trial_of_writing_leaves_what_is_there(tmp_path):
    files.check_writable(tmp_path / "new" / "a.txt")
    assert not list((tmp_path / "new").iterdir())
    (tmp_path / "a.txt").write_text("old")
    files.check_writable(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "old"


def test_an_error_about_another_file_is_not_taken_for_the_one_written(tmp_path):
    with pytest.raises(PermissionError), files.written_whole(tmp_path / "a.txt"):
        raise PermissionError(errno.EACCES, "Permission denied", "/other/file")


def test_a_shard_that_the_disk_has_no_room_for_is_refused_before_hdf5_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    with pytest.raises(SignScaleError, match=r"a\.h5: cannot be written \(8 MB are needed, 1 MB are free\)"):
        write_shard(tmp_path / "a.h5", [random_clip("a", 1, 5)], "made", "1")
    assert not list(tmp_path.iterdir())
