"""Files that appear whole, and their fingerprints."""

import hashlib
import os

from signscale.formats import files


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
