"""By hand: what is missing and how to get it, in one line."""

import pytest

from signscale.acquire.run import acquire_corpus
from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.fetch.ledger import read_ledger
from signscale.formats.sample import read_manifest
from signscale.params import load_params


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
    assert faults == ["file,row,reason,kind,split", 'train.txt,3,"1 columns, expected 2",lost,train']
    assert "1 annotation rows excluded" in capsys.readouterr().err


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


def test_a_dropped_clip_that_is_too_short_or_a_web_page_is_told(settings, tmp_path, video):
    folder = tmp_path / "how2sign"
    (folder / "videos" / "test").mkdir(parents=True)
    for split in ("train", "dev"):
        (folder / "videos" / split).mkdir()
    header = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n"
    rows = "".join(
        f"v\t{name}\tx\t{name}\t0.0\t{end}\tHi.\n" for name, end in (("a", 1.9), ("b", 9), ("c", 1), ("d", 1))
    )
    for split in ("train", "val", "test"):
        (folder / f"how2sign_realigned_{split}.csv").write_text(header + rows * (split == "test"))
    for name in "abd":
        (folder / "videos" / "test" / f"{name}.mp4").write_bytes(b"<!doctype html>gone" if name == "d" else video)
    load_corpus("how2sign").acquire(tmp_path, settings)
    assert {row.source_id[-5:]: row.outcome for row in read_ledger(folder / "ledger.csv")} == {
        "a.mp4": "ok", "b.mp4": "too short", "c.mp4": "missing", "d.mp4": "dead",
    }  # fmt: skip


def test_a_folder_with_fewer_frames_than_its_annotation_is_too_short(settings, tmp_path):
    folder = tmp_path / "csl_daily"
    (folder / "sentence_label").mkdir(parents=True)
    sentences = "index|name|length|gloss|char|word|postag\n0|A_P1_T0|60|我|我|我|r\n1|B_P1_T0|60|我|我|我|r\n"
    (folder / "sentence_label" / "video_map.txt").write_text(sentences, encoding="utf-8")
    (folder / "sentence_label" / "split_1.txt").write_text("name|split\nA_P1_T0|train\nB_P1_T0|train\n")
    clips = [folder / sample.clip for sample in load_corpus("csl_daily").samples(tmp_path)]
    for clip, frames in zip(clips, (60, 40), strict=True):
        clip.mkdir(parents=True)
        for number in range(frames):
            (clip / f"{number:06d}.jpg").write_bytes(b"x")
    load_corpus("csl_daily").acquire(tmp_path, settings)
    assert [row.outcome for row in read_ledger(folder / "ledger.csv")] == ["ok", "too short"]


@pytest.mark.parametrize(("weights", "train"), [(None, 2), ("interwild.pth", 4)])
def test_the_manifest_has_a_row_a_view_where_interwild_has_its_weights(root, tmp_path, settings, weights, train):
    folder = tmp_path / "slr500"
    folder.mkdir()
    (folder / "gloss.txt").write_text("0 目标\n", encoding="utf-8")
    (folder / "train.txt").write_text("color/P01_a.avi 0\ncolor/P01_b.avi 0\n")
    (folder / "test.txt").write_text("color/P02_a.avi 0\n")
    params = load_params(root, "paper")
    interwild = params.keypoints.interwild.model_copy(update={"weights": weights})
    changes = {
        "acquire": settings.model_copy(update={"raw": str(tmp_path)}),
        "keypoints": params.keypoints.model_copy(update={"interwild": interwild}),
    }
    acquire_corpus(params.model_copy(update=changes), "slr500", tmp_path / "m.parquet")
    splits = [sample.split for sample in read_manifest(tmp_path / "m.parquet")]
    assert (splits.count("train"), splits.count("test")) == (train, 1)
