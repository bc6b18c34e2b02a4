"""Nothing is written or deleted outside a corpus's folder, whatever an annotation says."""

import json

import pytest

from signscale.corpora import load_corpus
from signscale.fetch.clips import Source, fetch_clips
from signscale.fetch.ledger import read_ledger
from signscale.fetch.login import fetch_login
from signscale.fetch.place import OutsideError, place

OUTSIDE = [
    "../../victim",
    "../../../../../escaped",
    "/etc/x",
    "a/../../x",
    "a\\..\\x",
    "",
    "a\0b",
    "a\nb",
    "v" * 300,
    "\ud800",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_or_names_no_file_is_refused(name, tmp_path):
    with pytest.raises(OutsideError) as refused:
        place(tmp_path, name)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_name_inside_is_its_place_also_through_a_link_of_the_users(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "videos").symlink_to(tmp_path / "disk")
    assert place(tmp_path, "videos/-j1wozf6o9w.mp4") == tmp_path / "videos" / "-j1wozf6o9w.mp4"


def test_a_source_that_leads_out_is_refused_before_any_byte(server, page, settings, tmp_path, video, capsys):
    (tmp_path / "victim.mp4").write_bytes(b"precious")
    server.pages |= {"/1.mp4": page(video), "/2.mp4": page(b"<html>")}
    folder = tmp_path / "raw" / "wlasl"
    sources = [
        Source("videos/../../../victim.mp4", f"{server.url}/2.mp4", 0.0),
        Source("videos/1.mp4", f"{server.url}/1.mp4", 0.0),
    ]
    fetch_clips(folder, sources, settings)
    assert (tmp_path / "victim.mp4").read_bytes() == b"precious"
    assert [path for path, _, _ in server.asked] == ["/1.mp4"]
    outcomes = {row.source_id: row.outcome for row in read_ledger(folder / "ledger.csv")}
    assert outcomes == {"'videos/../../../victim.mp4'": "refused", "videos/1.mp4": "ok"}
    assert "leaves the folder" in capsys.readouterr().err


@pytest.mark.parametrize("video_id", ["../../victim", "../../../../../escaped"])
def test_a_wlasl_video_id_that_leads_out_is_an_excluded_row(video_id, server, page, settings, tmp_path, video):
    folder = tmp_path / "raw" / "wlasl"
    folder.mkdir(parents=True)
    victim = tmp_path / "victim.mp4"
    victim.write_bytes(b"precious")
    row = {"bbox": [1, 2, 30, 40], "frame_start": 1, "frame_end": -1, "signer_id": 5, "split": "train"}
    row |= {"video_id": video_id, "url": f"{server.url}/1.mp4"}
    good = row | {"video_id": "2"}
    (folder / "WLASL_v0.3.json").write_text(json.dumps([{"gloss": "book", "instances": [row, good]}]))
    for size in (100, 300, 1000, 2000):
        (folder / f"nslt_{size}.json").write_text("{}")
    server.pages["/1.mp4"] = page(video)
    before = sorted(path for path in tmp_path.rglob("*") if folder not in path.parents)
    corpus = load_corpus("wlasl")
    corpus.acquire(tmp_path / "raw", settings)
    assert [sample.sample_id for sample in corpus.samples(tmp_path / "raw")] == ["wlasl/2"]
    assert len(corpus.annotation_faults(tmp_path / "raw")) == 1
    assert victim.read_bytes() == b"precious"
    assert sorted(path for path in tmp_path.rglob("*") if folder not in path.parents) == before


def test_a_bobsl_episode_that_leads_out_is_refused(server, page, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNSCALE_BOBSL_URL", server.url)
    monkeypatch.setenv("SIGNSCALE_BOBSL_USER", "name")
    monkeypatch.setenv("SIGNSCALE_BOBSL_PASSWORD", "word")
    episodes = {"train": ["../../../escaped", 11, "12"], "val": [], "test": []}
    server.pages["/subset2episode.json"] = page(json.dumps(episodes).encode(), kind="application/json")
    corpus = load_corpus("bobsl")
    corpus.acquire(tmp_path / "raw", settings)
    assert not any("escaped" in path for path, _, _ in server.asked)
    lost = [fault.reason for fault in corpus.annotation_faults(tmp_path / "raw") if fault.kind == "lost"]
    assert len(lost) == 2
    assert "leaves the folder" in lost[0]
    assert "valid string" in lost[1]
    with pytest.raises(OutsideError):
        fetch_login(tmp_path / "raw" / "bobsl", ["pose/../../../x.tar.gz"], settings)
