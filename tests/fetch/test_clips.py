"""Many clips from many sites, and what the ledger says of each."""

import pytest

from signscale.fetch import http
from signscale.fetch.clips import REFUSALS, Source, fetch_clips
from signscale.fetch.http import fetch_file
from signscale.fetch.ledger import read_ledger


def _outcomes(folder):
    return {row.source_id: row.outcome for row in read_ledger(folder / "ledger.csv")}


def test_the_ledger_tells_what_became_of_every_clip(server, page, settings, tmp_path, video):
    server.pages |= {
        "/ok.mp4": page(video),
        "/broken.mp4": page(video, drop_after=[50_000]),
        "/gone.mp4": page(statuses=[(410, {})]),
        "/private.mp4": page(statuses=[(403, {})]),
        "/short.mp4": page(video),
        "/page.mp4": page(b"<html>account suspended</html>"),
        "/noise.mp4": page(b"\x00\x01\x02" * 999),
        "/busy.mp4": page(statuses=[(429, {})] * 9),
    }
    names = [*server.pages, "/never.mp4"]
    fetch_clips(tmp_path, [Source(f"videos{n}", server.url + n, 9.0 if "short" in n else 2.0) for n in names], settings)
    assert _outcomes(tmp_path) == {
        "videos/ok.mp4": "ok",
        "videos/broken.mp4": "ok",
        "videos/gone.mp4": "dead",
        "videos/never.mp4": "dead",
        "videos/private.mp4": "private",
        "videos/short.mp4": "too short",
        "videos/page.mp4": "dead",
        "videos/noise.mp4": "dead",
        "videos/busy.mp4": "rate-limited",
    }
    there = sorted(path.name for path in (tmp_path / "videos").glob("*.mp4") if not path.name.startswith("."))
    assert there == ["broken.mp4", "ok.mp4", "short.mp4"]


def test_what_is_there_is_not_asked_for_again(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video)
    server.pages["/b.mp4"] = page(statuses=[(404, {})])
    sources = [Source("videos/a.mp4", f"{server.url}/a.mp4", 1.0), Source("videos/b.mp4", f"{server.url}/b.mp4", 1.0)]
    fetch_clips(tmp_path, sources, settings)
    ledger = (tmp_path / "ledger.csv").read_bytes()
    fetch_clips(tmp_path, sources, settings)
    assert [path for path, _, _ in server.asked] == ["/a.mp4", "/b.mp4", "/b.mp4"]
    assert (tmp_path / "ledger.csv").read_bytes() == ledger


def test_a_clip_without_a_ledger_row_gets_one_from_its_file(server, page, settings, tmp_path, video):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(video)
    fetch_clips(tmp_path, [Source("videos/a.mp4", f"{server.url}/a.mp4", 1.0)], settings)
    (row,) = read_ledger(tmp_path / "ledger.csv")
    assert (row.outcome, row.bytes) == ("ok", len(video))
    assert server.asked == []


def test_one_host_is_asked_one_thing_at_a_time(server, page, settings, tmp_path, video):
    for number in range(6):
        server.pages[f"/{number}.mp4"] = page(video, wait=0.002)
    sources = [Source(f"videos/{n}.mp4", f"{server.url}/{n}.mp4", 1.0) for n in range(6)]
    fetch_clips(tmp_path, sources, settings)
    assert server.most_at_once == 1
    assert set(_outcomes(tmp_path).values()) == {"ok"}


def test_a_host_that_keeps_refusing_is_left_alone(server, page, settings, tmp_path):
    names = [f"/{number}.mp4" for number in range(10)]
    server.pages |= {name: page(statuses=[(429, {})] * 9) for name in names}
    fetch_clips(tmp_path, [Source(f"videos{name}", server.url + name, 1.0) for name in names], settings)
    assert list(_outcomes(tmp_path).values()) == ["rate-limited"] * 10
    assert len(server.asked) == REFUSALS * settings.attempts


def test_rows_that_share_a_video_fetch_it_once_for_the_longest(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video)
    sources = [Source("videos/a.mp4", f"{server.url}/a.mp4", seconds) for seconds in (1.0, 9.0, 2.0)]
    fetch_clips(tmp_path, sources, settings)
    assert len(server.asked) == 1
    assert _outcomes(tmp_path) == {"videos/a.mp4": "too short"}


def test_a_changed_clip_is_not_taken_for_the_old_one(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video)
    source = [Source("videos/a.mp4", f"{server.url}/a.mp4", 1.0)]
    fetch_clips(tmp_path, source, settings)
    (tmp_path / "videos" / "a.mp4").unlink()
    server.pages["/a.mp4"] = page(video + b"\x00" * 64)
    fetch_clips(tmp_path, source, settings)
    assert _outcomes(tmp_path) == {"videos/a.mp4": "checksum changed"}
    assert not (tmp_path / "videos" / "a.mp4").exists()


def test_files_of_a_corpus_and_its_clips_share_one_ledger(server, page, settings, tmp_path, video):
    server.pages |= {"/list.json": page(b"[]"), "/a.mp4": page(video)}
    fetch_file(f"{server.url}/list.json", tmp_path / "list.json", settings)
    fetch_clips(tmp_path, [Source("videos/a.mp4", f"{server.url}/a.mp4", 1.0)], settings)
    assert _outcomes(tmp_path) == {"list.json": "ok", "videos/a.mp4": "ok"}


def test_ctrl_c_stops_every_host_and_the_next_run_goes_on(server, page, settings, tmp_path, video, monkeypatch):
    names = [f"/{number}.mp4" for number in range(6)]
    server.pages |= {name: page(video) for name in names}
    other = server.url.replace("127.0.0.1", "localhost")
    sources = [Source(f"videos{n}", (server.url if k % 2 else other) + n, 1.0) for k, n in enumerate(names)]
    fetch = http.download

    def interrupted(url, target, settings):
        if url.endswith("/2.mp4"):
            raise KeyboardInterrupt
        return fetch(url, target, settings)

    monkeypatch.setattr(http, "download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch_clips(tmp_path, sources, settings)
    came = len(server.asked)
    assert came < len(names)
    monkeypatch.setattr(http, "download", fetch)
    fetch_clips(tmp_path, sources, settings)
    assert len(server.asked) == len(names)
    assert set(_outcomes(tmp_path).values()) == {"ok"}
