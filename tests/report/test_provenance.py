"""Provenance: hashes of the very files, the commit of the working folder."""

import hashlib
import subprocess

from signscale.formats.machine import commit
from signscale.report.provenance import read_provenance


def test_every_file_that_decides_a_figure_is_hashed(params, results):
    found = dict(read_provenance(params, results).files)
    assert found["text/store.h5"] == hashlib.sha256(b"not a store, only bytes to hash").hexdigest()
    assert {name.split("/")[0] for name in found} == {"pack", "text", "pretrain", "evaluate"}
    assert len([name for name in found if name.startswith("evaluate")]) == 5 + 4 + 2 + 4


def test_a_changed_file_makes_the_commit_dirty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert commit() == "not known: this is not a git repository with commits"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "file").write_text("1")
    for arguments in (["init", "-q"], ["add", "file"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *arguments], check=True)
    clean = commit()
    (tmp_path / "file").write_text("2")
    assert len(clean) == 40
    assert commit() == f"{clean} with changes that are not committed"
