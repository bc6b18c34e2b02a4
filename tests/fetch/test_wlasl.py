"""A whole corpus from a web that is as bad as the real one: annotations, clips, ledger, faults, samples, coverage."""

import csv
import json

from signscale.acquire.coverage import coverage
from signscale.corpora import load_corpus, wlasl
from signscale.fetch.ledger import read_ledger


def _instance(video_id, url, **changes):
    usual = {"bbox": [1, 2, 30, 40], "fps": 25, "frame_start": 1, "frame_end": -1, "signer_id": 5, "split": "train"}
    return usual | {"video_id": video_id, "url": url} | changes


def test_wlasl_is_acquired_from_half_dead_links(server, page, settings, tmp_path, video, monkeypatch):
    monkeypatch.setattr(wlasl, "_REPOSITORY", server.url)
    glosses = [
        {
            "gloss": "book",
            "instances": [
                _instance("1", f"{server.url}/1.mp4"),
                _instance("2", f"{server.url}/2.mp4", split="test"),
                _instance("3", f"{server.url}/3.mp4", split="val", frame_end=500),
                _instance("4", f"{server.url}/4.mp4", bbox=[30, 2, 1, 40]),
            ],
        }
    ]
    server.pages["/start_kit/WLASL_v0.3.json"] = page(json.dumps(glosses).encode(), kind="application/json")
    for size in (100, 300, 1000, 2000):
        server.pages[f"/code/I3D/preprocess/nslt_{size}.json"] = page(b"{}", kind="application/json")
    server.pages |= {"/1.mp4": page(video), "/2.mp4": page(b"<html>parked</html>"), "/3.mp4": page(video)}

    corpus = load_corpus("wlasl")
    corpus.acquire(tmp_path, settings)
    ledger = {row.source_id: row.outcome for row in read_ledger(tmp_path / "wlasl" / "ledger.csv")}
    samples = list(corpus.samples(tmp_path))
    with (tmp_path / "wlasl" / "annotation_faults.csv").open(encoding="utf-8") as file:
        faults = list(csv.DictReader(file))

    assert {name: outcome for name, outcome in ledger.items() if name.startswith("videos/")} == {
        "videos/1.mp4": "ok",
        "videos/2.mp4": "dead",
        "videos/3.mp4": "too short",
    }
    assert [sample.sample_id for sample in samples] == ["wlasl/1", "wlasl/2", "wlasl/3"]
    assert samples[0].text == "This word is book."
    assert [(fault["row"], fault["reason"]) for fault in faults] == [
        ("3", "bbox [30, 2, 1, 40] lies outside the frame or is empty")
    ]
    assert "/4.mp4" not in [path for path, _, _ in server.asked]
    (found,) = coverage(samples, tmp_path)
    assert found.splits == {"train": (1, 1), "dev": (1, 1), "test": (0, 1)}

    requests = len(server.asked)
    corpus.acquire(tmp_path, settings)
    assert [path for path, _, _ in server.asked[requests:]] == ["/2.mp4"]
