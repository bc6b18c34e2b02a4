"""BOBSL: clips cut out of episodes by their subtitles."""

from signscale.corpora import load_corpus
from signscale.corpora.subtitles import Cue, crop, read_cues

EPISODES = {"train": ["11"], "val": ["22"], "test": ["33"], "challenge_test": ["44"]}


def _vtt(*cues):
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


def test_overlapping_cues_are_cut_and_gaps_stay_gaps():
    cues = [Cue(3, 1.0, 4.0, "One."), Cue(6, 3.0, 6.0, "Two."), Cue(9, 8.0, 9.0, "Three.")]
    faults = []
    kept = crop(cues, "x.vtt", faults)
    assert [(cue.start, cue.end) for cue in kept] == [(1.0, 3.0), (3.0, 6.0), (8.0, 9.0)]
    assert faults == []


def test_cues_too_short_too_long_or_not_signed_are_excluded():
    cues = [
        Cue(1, 0.0, 0.4, "Hm."),
        Cue(2, 1.0, 30.0, "Far too long."),
        Cue(3, 40.0, 42.0, "[NOT-SIGNED] x"),
        Cue(4, 50.0, 53.0, "Cut."),
        Cue(5, 50.2, 53.0, "Kept."),
    ]
    faults = []
    assert [cue.text for cue in crop(cues, "x.vtt", faults)] == ["Kept."]
    assert [fault.row for fault in faults] == [1, 2, 3, 4]
    assert "before the next cue cut it" in faults[3].reason


def test_torn_cues_are_excluded_and_the_others_read(tmp_path):
    path = tmp_path / "x.vtt"
    path.write_text(
        _vtt(
            "1\n00:00:01.000 --> 00:00:02.500 align:middle\n<c.white>Good</c>\nmorning.",
            "2\n00:00:03.000 -->",
            "3\n00:00:05.000 --> 00:00:06.000",
            "4\n00:00:09.000 --> 00:00:08.000\nBackwards.",
            "stray line",
            "NOTE a comment\nof two lines",
            "01:02.250 --> 01:03.000\nShort form of times.",
        ),
        encoding="utf-8",
    )
    faults = []
    cues = read_cues(path, faults)
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        (1.0, 2.5, "Good morning."),
        (62.25, 63.0, "Short form of times."),
    ]
    assert [fault.row for fault in faults] == [9, 12, 15, 18]


def test_manual_subtitles_win_and_other_subsets_are_left_out(published, tmp_path):
    good = _vtt("00:00:01.000 --> 00:00:03.000\nBy hand.")
    rough = _vtt("00:00:02.000 --> 00:00:04.000\nBy audio.")
    published.bobsl(
        tmp_path,
        EPISODES,
        {
            "manually-aligned/11.vtt": good,
            "audio-aligned-heuristic-correction/11.vtt": rough,
            "audio-aligned-heuristic-correction/33.vtt": rough,
            "audio-aligned-heuristic-correction/44.vtt": rough,
        },
    )
    corpus = load_corpus("bobsl")
    samples = list(corpus.samples(tmp_path))
    assert [(s.sample_id, s.split, s.text) for s in samples] == [
        ("bobsl/11/00001000", "train", "By hand."),
        ("bobsl/33/00004700", "test", "By audio."),
    ]
    assert samples[0].clip == "pose/11.tar.gz"
    faults = corpus.annotation_faults(tmp_path)
    assert [(fault.file, fault.kind) for fault in faults] == [("22.vtt", "rule"), ("subtitles", "remark")]
    assert faults[1].reason == "1 episodes have subtitles aligned to the sound alone; moved by 2.7 s"


def test_an_episode_of_two_splits_stays_in_the_first(published, tmp_path):
    vtt = _vtt("00:00:01.000 --> 00:00:03.000\nText.")
    episodes = {"train": ["11"], "val": [], "test": ["11"]}
    published.bobsl(tmp_path, episodes, {"manually-aligned/11.vtt": vtt})
    corpus = load_corpus("bobsl")
    assert [sample.split for sample in corpus.samples(tmp_path)] == ["train"]
    assert [fault.reason for fault in corpus.annotation_faults(tmp_path)] == ["11 is in train and in test"]
