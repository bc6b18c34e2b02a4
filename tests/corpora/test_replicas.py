"""Every corpus read from every layout it is handed out in, against what is right.

RIGHT is the table: layout -> (corpus, samples of train, dev, test, how many of their clips are there). The layouts are
written by tests/replicas.py, which names their sources.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
import replicas

from signscale.corpora import load_corpus
from signscale.corpora.annotated import FAULTS
from signscale.corpora.tables import read_faults
from signscale.fetch.ledger import read_ledger
from signscale.keypoints.readers import openpose
from signscale.keypoints.readers.frames import open_frames
from signscale.keypoints.readers.video import open_video

RIGHT = {
    "wlasl": ("wlasl", (4, 2, 1), 5),
    "wlasl_trimmed": ("wlasl", (4, 2, 1), 6),
    "wlasl_raw_videos": ("wlasl", (4, 2, 1), 5),
    "msasl": ("msasl", (1, 1, 2), 3),
    "nmfs_csl": ("nmfs_csl", (3, 0, 3), 6),
    "nmfs_csl_outer": ("nmfs_csl", (3, 0, 3), 6),
    "nmfs_csl_insider": ("nmfs_csl", (3, 0, 3), 6),
    "nmfs_csl_mirror": ("nmfs_csl", (3, 0, 3), 6),
    "slr500": ("slr500", (6, 0, 4), 10),
    "slr500_xf500": ("slr500", (4, 0, 4), 8),
    "slr500_frames": ("slr500", (2, 0, 2), 4),
    "slr500_mirror": ("slr500", (1, 0, 1), 2),
    "phoenix14": ("phoenix14", (2, 1, 1), 4),
    "phoenix14t": ("phoenix14t", (1, 1, 1), 3),
    "csl_daily": ("csl_daily", (3, 1, 1), 5),
    "csl_daily_other_root": ("csl_daily", (3, 1, 1), 5),
    "how2sign": ("how2sign", (2, 1, 3), 6),
    "how2sign_official_tree": ("how2sign", (2, 1, 3), 6),
    "how2sign_clips_alone": ("how2sign", (2, 1, 3), 6),
    "bobsl": ("bobsl", (2, 2, 2), 6),
    "bobsl_v1_2": ("bobsl", (2, 2, 2), 6),
}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """What gives a layout's raw folder and samples; written, unpacked and read once."""
    known: dict[str, tuple[Path, list]] = {}

    def of(layout):
        if layout not in known:
            raw = tmp_path_factory.mktemp(layout)
            replicas.LAYOUTS[layout](raw)
            corpus = load_corpus(RIGHT[layout][0])
            corpus.check_access(raw / corpus.name)
            corpus.settle_parts(raw, 1)
            known[layout] = raw, list(corpus.samples(raw))
        return known[layout]

    return of


def _remarks(raw: Path, corpus: str) -> list[str]:
    return [fault.reason for fault in read_faults(raw / corpus / FAULTS) if fault.kind == "remark"]


def test_the_table_has_every_layout():
    assert set(RIGHT) == set(replicas.LAYOUTS)


@pytest.mark.parametrize("layout", RIGHT)
def test_what_is_read_is_what_is_right(layout, read):
    raw, samples = read(layout)
    corpus, splits, there = RIGHT[layout]
    counted = Counter(sample.split for sample in samples)
    found = sum((raw / corpus / sample.clip).exists() for sample in samples)
    assert (tuple(counted[split] for split in ("train", "dev", "test")), found) == (splits, there)
    assert [fault for fault in read_faults(raw / corpus / FAULTS) if fault.kind == "lost"] == []


def test_trimmed_clips_are_read_whole_and_sources_by_their_times(read):
    times = {
        layout: {s.sample_id[-1]: (s.start, s.end) for s in read(layout)[1]}
        for layout in RIGHT
        if layout[:5] == "wlasl"
    }
    assert set(times["wlasl_trimmed"].values()) == {(0.0, -1.0)}
    assert times["wlasl"] == times["wlasl_raw_videos"]
    assert times["wlasl"]["4"] == (2149 / 25, 2249 / 25)
    assert times["wlasl"]["7"] == (1.0, 2.0)


def test_clips_of_the_authors_downloader_are_found_under_their_suffix(read):
    clips = [sample.clip for sample in read("wlasl_raw_videos")[1]]
    assert clips == [
        "raw_videos/00001.mp4", "raw_videos/00002.mp4", "raw_videos/AAAAAAAAAA1.mp4", "raw_videos/AAAAAAAAAA2.mp4",
        "raw_videos/00005.swf", "raw_videos/00006.swf", "raw_videos/AAAAAAAAAA3.mkv",
    ]  # fmt: skip


def test_the_subset_files_videos_that_wlasl_lacks_are_named(read):
    assert _remarks(read("wlasl")[0], "wlasl") == ["the subset files name 1 videos that it lacks, as is known: 20065"]


def test_the_gloss_of_msasl_is_the_word_of_its_class(read):
    dev = next(sample for sample in read("msasl")[1] if sample.split == "dev")
    assert (dev.gloss, dev.text, dev.label) == ("bright", "This word is bright.", "0")


@pytest.mark.parametrize("layout", [name for name in RIGHT if name.startswith("nmfs")])
def test_nmfs_csl_has_its_labels_in_every_form_of_list(layout, read):
    samples = read(layout)[1]
    assert [sample.label for sample in samples] == ["0", "609", "610", "0", "610", "1066"]
    assert samples[1].gloss == ("词609" if layout == "nmfs_csl_mirror" else "")
    assert samples[1].clip.endswith("jpg_video/609/clipC")


def test_slr500_has_signer_split_label_and_word_without_a_list(read):
    samples = read("slr500")[1]
    assert {s.signer: s.split for s in samples} == {"P01": "train", "P36": "train", "P37": "test", "P50": "test"}
    assert {s.label: s.gloss for s in samples} == {"0": "词000", "20": "词020", "468": "词468"}
    assert {s.label: s.gloss for s in read("slr500_xf500")[1]} == {"0": "词000", "499": "词499"}
    frames = read("slr500_frames")[1]
    assert {(s.label, s.gloss, s.fps) for s in frames} == {("3", "词003", 30.0)}


def test_phoenix14_marks_si5_and_tells_the_short_clip(read):
    raw, samples = read("phoenix14")
    assert [(s.split, s.label) for s in samples] == [("train", "si5"), ("train", ""), ("dev", ""), ("test", "si5")]
    assert samples[0].gloss == "MORGEN KALT"
    short, moved = _remarks(raw, "phoenix14")
    assert short == "13April_2011_Wednesday_tagesschau_default-14 has 16 frames for 15 glosses, as is known; kept"
    assert moved.startswith("1 clips of SI5 stand in another split")


def test_phoenix14t_frames_lie_without_the_folder_their_table_names(read):
    raw, samples = read("phoenix14t")
    assert all((raw / "phoenix14t" / s.clip / "images0001.png").is_file() for s in samples)


def test_csl_daily_reads_the_renamed_clip(read):
    for layout in ("csl_daily", "csl_daily_other_root"):
        raw, samples = read(layout)
        renamed = next(s for s in samples if "S000007" in s.sample_id)
        assert (renamed.split, renamed.signer) == ("train", "P0003")
        assert _remarks(raw, "csl_daily") == ["S000005_P0004_T00 is S000007_P0003_T00, as is known"]


def test_how2sign_is_named_by_its_sentence_and_quoted_cells_are_unquoted(read):
    for layout in ("how2sign", "how2sign_official_tree", "how2sign_clips_alone"):
        raw, samples = read(layout)
        assert [s.sample_id for s in samples][3:5] == [
            "how2sign/G25fic3QxDk_0-10-rgb_front",
            "how2sign/G25fic3QxDk_0-5-rgb_front",
        ]
        assert samples[4].text == 'He said, "go".'
        assert any("g0yUlOaqL6k_17-3-rgb_front" in remark for remark in _remarks(raw, "how2sign"))
    clip = read("how2sign_clips_alone")[1][4]
    assert (clip.start, clip.end) == (0.0, -1.0)
    assert clip.clip == "sentence_level/test/rgb_front/raw_videos/G25fic3QxDk_0-5-rgb_front.mp4"
    whole = read("how2sign_official_tree")[1][4]
    assert (whole.start, whole.end) == (0.29, 1.56)


def test_bobsl_takes_the_best_aligned_subtitles_and_moves_those_of_the_sound(read):
    starts = {layout: [s.start for s in read(layout)[1]] for layout in ("bobsl", "bobsl_v1_2")}
    assert starts["bobsl"] == [2.7, 3.9, 2.4, 3.6, 2.5, 3.7]
    assert starts["bobsl_v1_2"] == [2.8, 4.0, 2.7, 3.9, 2.5, 3.7]
    raw, samples = read("bobsl")
    assert samples[0].clip == "bobsl/v1.4/features/keypoints/5976836975695491321.tar.gz"
    assert _remarks(raw, "bobsl") == ["1 episodes have subtitles aligned to the sound alone; moved by 2.7 s"]


def test_cues_in_the_damaged_parts_of_bobsls_episode_are_excluded_by_name(tmp_path):
    replicas.bobsl_v1_2(tmp_path)
    subtitles = tmp_path / "bobsl" / "subtitles" / "manually-aligned" / "5976836975695491321.vtt"
    subtitles.write_text("WEBVTT\n\n00:47:50.000 --> 00:47:52.000\nGood.\n\n00:47:55.000 --> 00:47:58.000\nDamaged.\n")
    corpus = load_corpus("bobsl")
    assert [s.text for s in corpus.samples(tmp_path) if s.split == "train"] == ["Good."]
    (damaged,) = [fault for fault in corpus.annotation_faults(tmp_path) if fault.kind == "rule"]
    assert damaged.reason == "episode 5976836975695491321 is damaged there, as is known"


def test_the_material_beside_the_repository_reads_as_its_readme_says(shared, tmp_path):
    """The same table for the fuller replicas, where they are at hand."""
    folder = shared.parent / "replicas"
    right = {
        "wlasl": (9, 7), "msasl": (9, 4), "nmfs_csl": (5, 5), "slr500": (36, 36), "phoenix14": (5, 5),
        "phoenix14t": (4, 4), "csl_daily": (5, 5),
        "variants/wlasl_preprocessed/wlasl": (9, 8), "variants/how2sign_official_tree/how2sign": (6, 6),
        "variants/bobsl_v1_2/bobsl": (6, 6),
    }  # fmt: skip
    if not folder.is_dir():
        pytest.skip("real layouts are absent: replicas beside the repository's `shared`")
    for place, expected in right.items():
        raw, name = (folder / place).parent, place.rpartition("/")[2]
        samples = list(load_corpus(name).samples(raw))
        assert (len(samples), sum((raw / name / s.clip).exists() for s in samples)) == expected, place


def test_half_archives_and_renamed_clips_are_a_line_each_and_the_rest_is_read(tmp_path, capsys):
    replicas.how2sign(tmp_path)
    torn = tmp_path / "how2sign" / "test_raw_videos.zip"
    torn.write_bytes(torn.read_bytes()[:400])
    corpus = load_corpus("how2sign")
    corpus.settle_parts(tmp_path, 1)
    told = capsys.readouterr().err
    assert "test_raw_videos.zip: not a whole archive" in told
    assert "how2sign: 3 of 5 clips are absent, first" in told
    outcomes = {row.source_id: row.outcome for row in read_ledger(tmp_path / "how2sign" / "ledger.csv")}
    assert outcomes["test_raw_videos.zip"] == "refused"
    assert Counter(outcomes.values()) == {"ok": 2, "missing": 3, "refused": 1}

    replicas.bobsl(tmp_path)
    keypoints = tmp_path / "bobsl" / "bobsl_v1_4_features_keypoints.tar"
    keypoints.write_bytes(keypoints.read_bytes()[:-5000])
    corpus = load_corpus("bobsl")
    corpus.settle_parts(tmp_path, 1)
    told = capsys.readouterr().err
    assert "bobsl_v1_4_features_keypoints.tar: not a whole archive" in told
    assert len(list(corpus.samples(tmp_path))) == 6


def test_an_archive_is_unpacked_once_and_again_when_it_is_another(tmp_path):
    replicas.bobsl(tmp_path)
    corpus = load_corpus("bobsl")
    corpus.settle_parts(tmp_path, 1)
    episode = next((tmp_path / "bobsl").rglob("1000000000000000003.tar.gz"))
    episode.unlink()
    corpus.settle_parts(tmp_path, 1)
    assert not episode.exists()
    os.utime(tmp_path / "bobsl" / "bobsl_v1_4_features_keypoints.tar", (1, 1))
    corpus.settle_parts(tmp_path, 1)
    assert episode.is_file()


def _frames_of(raw: Path, sample, kind: str) -> int:
    """How many frames the readers of the stage keypoints find in a sample's clip."""
    if kind == "openpose":
        return len(openpose.Episodes(raw / sample.corpus, [sample]).points(sample))
    path = raw / sample.corpus / sample.clip
    times = (sample.start, sample.end)
    with open_frames(path, sample.fps, *times) if path.is_dir() else open_video(path, *times) as opened:
        return sum(1 for _ in opened.frames)


@pytest.mark.parametrize("layout", RIGHT)
def test_every_clip_that_is_there_opens_with_its_frames(layout, read):
    raw, samples = read(layout)
    corpus = load_corpus(RIGHT[layout][0])
    there = [s for s in samples if (raw / corpus.name / s.clip).exists() and "g0yUlOaqL6k" not in s.sample_id]
    frames = {s.sample_id: _frames_of(raw, s, corpus.kind) for s in there}
    assert min(frames.values()) >= 4
    if corpus.name == "csl_daily":
        assert frames["csl_daily/S000000_P0004_T00"] == 11  # of 12: a picture is broken
        assert frames["csl_daily/S000000_P0000_T00"] == 10
    if corpus.name == "phoenix14":
        assert frames["phoenix14/13April_2011_Wednesday_tagesschau_default-14"] == 16
    if corpus.name == "bobsl":
        assert set(frames.values()) <= {30, 31}  # 1.2 s at 25 a second, cut between frames or on one
