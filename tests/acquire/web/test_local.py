"""Gates: what is missing and how to get it, in one line."""

import pytest

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError


@pytest.mark.parametrize("name", ["nmfs_csl", "slr500", "csl_daily", "bobsl"])
def test_a_gate_without_data_says_what_is_missing_and_where_to_ask(name, settings, tmp_path, monkeypatch):
    monkeypatch.delenv("SIGNSCALE_BOBSL_URL", raising=False)
    with pytest.raises(SignScaleError) as error:
        load_corpus(name).acquire(tmp_path, settings)
    line = str(error.value)
    assert line.startswith(f"{tmp_path / name}: ")
    assert "missing" in line
    assert "https://" in line
    assert "\n" not in line


def test_a_dropped_corpus_gets_a_ledger_of_its_clips_and_a_list_of_its_faults(settings, tmp_path, capsys):
    folder = tmp_path / "slr500"
    (folder / "color").mkdir(parents=True)
    (folder / "gloss.txt").write_text("0 目标\n", encoding="utf-8")
    (folder / "train.txt").write_text("color/P01_a.avi 0\ncolor/P01_b.avi 0\ncolor/P01_c.avi\n")
    (folder / "test.txt").write_text("color/P02_a.avi 0\n")
    (folder / "color" / "P01_a.avi").write_bytes(b"12345")
    load_corpus("slr500").acquire(tmp_path, settings)
    ledger = (folder / "ledger.csv").read_text().splitlines()
    assert [line.split(",")[0::3] for line in ledger[1:]] == [
        ["color/P01_a.avi", "ok"],
        ["color/P01_b.avi", "missing"],
        ["color/P02_a.avi", "missing"],
    ]
    faults = (folder / "annotation_faults.csv").read_text().splitlines()
    assert faults == ["file,row,reason", 'train.txt,3,"1 columns, expected 2"']
    assert "1 annotation rows set aside" in capsys.readouterr().err


def test_a_clip_dropped_in_later_is_seen(settings, tmp_path):
    folder = tmp_path / "slr500"
    (folder / "color").mkdir(parents=True)
    (folder / "gloss.txt").write_text("0 目标\n", encoding="utf-8")
    (folder / "train.txt").write_text("color/P01_a.avi 0\n")
    (folder / "test.txt").write_text("")
    load_corpus("slr500").acquire(tmp_path, settings)
    assert ",missing," in (folder / "ledger.csv").read_text()
    (folder / "color" / "P01_a.avi").write_bytes(b"12345")
    load_corpus("slr500").acquire(tmp_path, settings)
    assert ",ok,5," in (folder / "ledger.csv").read_text()
