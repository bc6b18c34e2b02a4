"""Real excerpts of the published annotations: what is in them, counted by other means."""

import shutil

import pytest

from signscale.corpora import load_corpus


def _place(shared, raw, source, target):
    path = raw / target
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(shared / "annotations" / source, path)


def test_wlasl_excerpt_gives_every_instance_with_its_split(shared, tmp_path):
    for name in ("WLASL_v0.3.json", "nslt_100.json"):
        _place(shared, tmp_path, f"wlasl/{name}", f"wlasl/{name}")
    corpus = load_corpus("wlasl")
    samples = list(corpus.samples(tmp_path))
    splits = [sample.split for sample in samples]
    assert (splits.count("train"), splits.count("dev"), splits.count("test")) == (231, 53, 41)
    assert corpus.annotation_faults(tmp_path) == []
    assert {s.gloss: s.label for s in samples}["chair"] == "4"
    youtube = [sample for sample in samples if sample.clip.startswith("videos/youtube/")]
    assert len(youtube) == 84 + 11  # youtube.com and youtu.be in the file
    assert sum(sample.clip.endswith(".swf") for sample in samples) == 56
    clip = next(sample for sample in samples if sample.end != -1 and sample.start > 80)
    assert (clip.start, clip.end) == ((2150 - 1) / 25, 2249 / 25)


def test_msasl_excerpt_has_frames_without_a_rate_so_nothing_is_guessed(shared, tmp_path):
    _place(shared, tmp_path, "msasl/MSASL_val.json", "msasl/MSASL_val.json")
    corpus = load_corpus("msasl")
    assert list(corpus.samples(tmp_path)) == []
    reasons = [fault.reason for fault in corpus.annotation_faults(tmp_path) if fault.file == "MSASL_val.json"]
    assert len(reasons) == 120
    assert all("frames without a rate" in reason for reason in reasons)


def test_phoenix14_excerpt_agrees_with_the_published_stm(shared, tmp_path):
    _place(
        shared, tmp_path, "phoenix14/dev.corpus.csv",
        "phoenix14/phoenix2014-release/phoenix-2014-multisigner/annotations/manual/dev.corpus.csv",
    )  # fmt: skip
    samples = list(load_corpus("phoenix14").samples(tmp_path))
    stm = (shared / "annotations" / "phoenix14" / "phoenix2014-groundtruth-dev.stm").read_text(encoding="utf-8")
    truth = {line.split()[0]: (line.split()[2], " ".join(line.split()[5:])) for line in stm.splitlines()}
    assert len(samples) == 120
    for sample in samples:
        assert (sample.signer, sample.gloss) == truth[sample.sample_id.removeprefix("phoenix14/")]
        assert sample.text == ""


def test_phoenix14t_excerpt_keeps_umlauts_and_names_frame_folders(shared, tmp_path):
    _place(
        shared, tmp_path, "phoenix14t/PHOENIX-2014-T.dev.corpus.csv",
        "phoenix14t/PHOENIX-2014-T-release-v3/PHOENIX-2014-T/annotations/manual/PHOENIX-2014-T.dev.corpus.csv",
    )  # fmt: skip
    samples = list(load_corpus("phoenix14t").samples(tmp_path))
    assert len(samples) == 120
    assert samples[0].text == "tiefer luftdruck bestimmt in den nächsten tagen unser wetter"
    assert samples[0].clip.endswith("fullFrame-210x260px/dev/11August_2010_Wednesday_tagesschau-2")


def test_csl_daily_excerpt_joins_characters_and_finds_signers(shared, tmp_path):
    for name in ("video_map.txt", "split_1.txt"):
        _place(shared, tmp_path, f"csl_daily/{name}", f"csl_daily/sentence_label/{name}")
    corpus = load_corpus("csl_daily")
    samples = list(corpus.samples(tmp_path))
    assert len(samples) == 120
    assert samples[0].text == "他今年四岁。"
    assert samples[0].gloss == "他 今天 年龄 4"
    assert (samples[0].signer, samples[1].signer) == ("P0000", "P0008")
    assert samples[0].end == pytest.approx(54 / 30)
    assert corpus.annotation_faults(tmp_path) == []


def test_how2sign_excerpt_uses_the_realigned_times(shared, tmp_path):
    _place(shared, tmp_path, "how2sign/how2sign_realigned_test.csv", "how2sign/how2sign_realigned_test.csv")
    samples = list(load_corpus("how2sign").samples(tmp_path))
    assert len(samples) == 120
    first = samples[0]
    assert (first.start, first.end, first.text, first.signer) == (0.26, 6.79, "Hi!", "1")
    assert first.clip == "videos/test/-fZc293MpJk-1-rgb_front.mp4"
