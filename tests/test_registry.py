"""Files of a kind are found in the package and where one works, by a line of theirs, and imported when asked for."""

import os
import subprocess
import sys

import pytest

from signscale import corpora
from signscale.corpora import CORPORA, load_corpus
from signscale.errors import SignScaleError


def test_every_file_with_a_corpus_is_found_and_no_other():
    assert {"wlasl", "bobsl", "fingerspelling", "traduttore"} <= set(CORPORA.names())
    assert not {"corpus", "annotated", "common", "tables", "__init__"} & set(CORPORA.names())
    assert CORPORA.names() == sorted(CORPORA.names())
    assert load_corpus("wlasl").name == "wlasl"


def test_an_unknown_name_is_told_with_those_there_are():
    with pytest.raises(SignScaleError, match=r"^corpus 'wlazl' is unknown; there are .*slr500, .*wlasl$"):
        load_corpus("wlazl")


def test_a_file_or_a_folder_where_one_works_is_found_without_importing_it(root, tmp_path):
    own = tmp_path / "corpora"
    (own / "folder").mkdir(parents=True)
    (own / "mine.py").write_text("from signscale.corpora import wlasl\n\nCORPUS: object = wlasl.CORPUS\n")
    (own / "folder" / "__init__.py").write_text("CORPUS = 'in a folder'\n")
    (own / "broken.py").write_text("CORPUS = 1 / 0\n")
    (own / "helper.py").write_text("# CORPUS = none\nNOT_A_CORPUS = 1\n")
    asked = (
        "from signscale.corpora import CORPORA; names = set(CORPORA.names());"
        "print(names >= {'mine', 'folder', 'broken', 'wlasl'}, 'helper' in names,"
        " CORPORA.load('mine').name, CORPORA.load('folder'), CORPORA.files()['mine'].parent.name)"
    )
    env = {**os.environ, "PYTHONPATH": str(root / "src")}
    run = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, env=env, stdout=subprocess.PIPE, check=True)
    assert run.stdout.decode() == "True False wlasl in a folder corpora\n"


def test_two_files_of_one_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "wlasl.py").write_text("CORPUS = None\n")
    monkeypatch.setattr(corpora, "__path__", [*corpora.__path__, str(tmp_path)])
    with pytest.raises(SignScaleError, match=r"wlasl.py: there is a corpus 'wlasl' already, .*rename one$"):
        CORPORA.names()
