"""A corpus fetched by several jobs: the same as by one, one request at a time a host, each part resumed on its own."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from signscale.corpora import load_corpus, wlasl
from signscale.errors import SignScaleError
from signscale.fetch import hosts, http
from signscale.fetch.clips import REFUSALS, Source, fetch_clips
from signscale.fetch.ledger import read_ledger
from signscale.fetch.part import WHOLE, Part
from signscale.fetch.record import forget_parts, merge, recorded

JOB = """
import sys
from pathlib import Path
from signscale.fetch import hosts, http
from signscale.fetch.part import Part
from signscale.corpora import load_corpus
from signscale.params import AcquireParams
http.PAUSE, hosts.FOLDER = 0.0, Path(sys.argv[1])
settings = AcquireParams(corpora=["wlasl"], raw="raw", timeout=5.0, attempts=3)
load_corpus("wlasl").acquire_part(Path(sys.argv[2]), settings, Part(int(sys.argv[3]), int(sys.argv[4])))
"""


@pytest.fixture
def annotated(server, page, video, tmp_path) -> Path:
    """A raw folder with WLASL's annotations of nine clips on the server: seven good ones, a dead one, a web page."""
    usual = {"bbox": [1, 2, 30, 40], "frame_start": 1, "frame_end": -1, "signer_id": 5, "split": "train"}
    instances = [usual | {"video_id": str(n), "url": f"{server.url}/{n}.mp4"} for n in range(9)]
    server.pages |= {f"/{n}.mp4": page(video, wait=0.005) for n in range(9) if n != 4}
    server.pages["/5.mp4"] = page(b"<html>parked</html>")
    folder = tmp_path / "raw" / "wlasl"
    folder.mkdir(parents=True)
    (folder / "WLASL_v0.3.json").write_text(json.dumps([{"gloss": "book", "instances": instances}]))
    return tmp_path / "raw"


def _start(raw: Path, index: int, count: int) -> subprocess.Popen:
    """A job of its own process that fetches a part."""
    return subprocess.Popen([sys.executable, "-c", JOB, str(hosts.FOLDER), str(raw), str(index), str(count)])


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_parts_hold_every_source_once(count):
    items = list(range(11))
    parts = [Part(index, count).of(items) for index in range(count)]
    assert sorted(item for part in parts for item in part) == items
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_several_jobs_bring_what_one_brings_and_ask_a_host_one_thing_at_a_time(annotated, server, settings, tmp_path):
    jobs = [_start(annotated, index, 3) for index in range(3)]
    assert [job.wait(60) for job in jobs] == [0, 0, 0]
    assert server.most_at_once == 1
    assert sorted(path for path, _, _ in server.asked) == [f"/{n}.mp4" for n in range(9)]
    folder = annotated / "wlasl"
    assert not (folder / "ledger.csv").exists()
    load_corpus("wlasl").settle_parts(annotated, 3)
    several = (folder / "ledger.csv").read_bytes()
    assert sorted(path.name for path in (folder / "ledger-parts").iterdir()) == []

    (folder / "ledger.csv").unlink()
    for clip in (folder / "videos").iterdir():
        clip.unlink()
    fetch_clips(folder, wlasl._sources(folder), settings, WHOLE)
    assert (folder / "ledger.csv").read_bytes() == several
    outcomes = [row.outcome for row in read_ledger(folder / "ledger.csv")]
    assert outcomes == ["ok"] * 4 + ["dead"] * 2 + ["ok"] * 3


def test_a_killed_job_goes_on_at_the_byte_it_was_at_and_the_others_are_not_touched(annotated, server, page, video):
    server.pages["/2.mp4"] = page(video, wait=0.5)
    job = _start(annotated, 0, 2)  # clips 0, 2, 4, 6, 8
    part = annotated / "wlasl" / "videos" / ".2.mp4.part"
    ends = time.monotonic() + 60
    while not (part.is_file() and part.stat().st_size) and time.monotonic() < ends:
        time.sleep(0.02)
    job.kill()
    job.wait()
    have = part.stat().st_size
    assert 0 < have < len(video)
    server.pages["/2.mp4"] = page(video)
    asked = len(server.asked)
    assert _start(annotated, 0, 2).wait(60) == 0
    assert [(path, asked_range) for path, asked_range, _ in server.asked[asked:]] == [
        ("/2.mp4", f"bytes={have}-"), ("/4.mp4", ""), ("/6.mp4", ""), ("/8.mp4", ""),
    ]  # fmt: skip
    rows = recorded(annotated / "wlasl", Part(0, 2))
    assert {name: row.outcome for name, row in rows.items() if row.outcome != "ok"} == {"videos/4.mp4": "dead"}
    assert len(rows) == 5
    assert not Part(1, 2).ledger(annotated / "wlasl").exists()


def test_a_host_that_refused_one_job_is_left_alone_by_the_next(server, page, settings, tmp_path):
    names = [f"/{number}.mp4" for number in range(12)]
    server.pages |= {name: page(statuses=[(429, {})] * 99) for name in names}
    sources = [Source(f"videos{name}", server.url + name, 1.0) for name in names]
    fetch_clips(tmp_path, sources, settings, Part(0, 2))
    fetch_clips(tmp_path, sources, settings, Part(1, 2))
    assert len(server.asked) == REFUSALS * settings.attempts
    merge(tmp_path, 2)
    assert [row.outcome for row in read_ledger(tmp_path / "ledger.csv")] == ["rate-limited"] * 12


def test_the_pause_between_two_requests_holds_whoever_asks(server, page, settings, tmp_path, video, monkeypatch):
    monkeypatch.setattr(http, "PAUSE", 0.3)
    server.pages |= {"/a.mp4": page(video), "/b.mp4": page(video)}
    http.download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings)
    waited = []
    monkeypatch.setattr(hosts.time, "sleep", waited.append)
    http.download(f"{server.url}/b.mp4", tmp_path / "b.mp4", settings)
    (pause,) = [seconds for seconds in waited if seconds]  # the server's are 0
    assert 0 < pause <= 0.3


def test_a_torn_lock_file_holds_nobody_up():
    with hosts.alone_with("example.org", 0.0):
        pass
    (path,) = hosts.FOLDER.rglob("example.org")
    path.write_bytes(b'{"asked": 17')
    with hosts.alone_with("example.org", 5.0):
        pass
    assert not hosts.rests("example.org")


def test_a_part_that_was_not_fetched_is_named(annotated, settings):
    folder = annotated / "wlasl"
    for index in (0, 2):
        fetch_clips(folder, [], settings, Part(index, 3))
    with pytest.raises(SignScaleError, match=r"00001-of-00003\.csv: no such ledger"):
        load_corpus("wlasl").settle_parts(annotated, 3)
    forget_parts(folder)
    merge(folder, 3)  # all were merged before
