"""Downloads from a server that is slow, breaks off, refuses, changes its mind and lies."""

import hashlib

import pytest

from signscale.errors import SignScaleError
from signscale.fetch.http import download, fetch_file
from signscale.fetch.ledger import read_ledger


def test_a_whole_file_arrives_and_nothing_else_is_left(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video)
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert (tmp_path / "a.mp4").read_bytes() == video
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_broken_connection_is_resumed_where_it_broke(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, drop_after=[100_000, 50_000])
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert (tmp_path / "a.mp4").read_bytes() == video
    assert [asked for _, asked, _ in server.asked] == ["", "bytes=100000-", "bytes=150000-"]


def test_a_connection_may_break_more_often_than_attempts_as_long_as_bytes_come(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, drop_after=[10_000] * 8)
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert (tmp_path / "a.mp4").read_bytes() == video


def test_another_run_goes_on_where_a_stopped_one_was(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, drop_after=[70_000, 0, 0, 0])
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "failed"
    assert not (tmp_path / "a.mp4").exists()
    server.pages["/a.mp4"] = page(video)
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert server.asked[-1][1] == "bytes=70000-"
    assert (tmp_path / "a.mp4").read_bytes() == video


def test_a_server_that_ignores_ranges_sends_the_file_anew(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, drop_after=[100_000], ranges=False)
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert (tmp_path / "a.mp4").read_bytes() == video


def test_a_file_that_changed_while_it_came_is_not_pieced_together(server, page, settings, tmp_path, video):
    changed = b"\x00" * 1000 + video[::-1]
    server.pages["/a.mp4"] = page(video, drop_after=[70_000, 0, 0, 0])
    download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings)
    server.pages["/a.mp4"] = page(changed, etag='"v2"')
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert (tmp_path / "a.mp4").read_bytes() == changed


def test_without_a_validator_nothing_is_resumed(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, drop_after=[100_000], etag="")
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert [asked for _, asked, _ in server.asked] == ["", ""]
    assert (tmp_path / "a.mp4").read_bytes() == video


def test_416_starts_the_file_anew(server, page, settings, tmp_path, video):
    (tmp_path / ".a.mp4.part").write_bytes(video + b"too much")
    (tmp_path / ".a.mp4.part.json").write_text('{"validator": "\\"v1\\""}')
    server.pages["/a.mp4"] = page(video)
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert [asked for _, asked, _ in server.asked] == [f"bytes={len(video) + 8}-", ""]
    assert (tmp_path / "a.mp4").read_bytes() == video


@pytest.mark.parametrize(("status", "outcome"), [(404, "dead"), (410, "dead"), (403, "private"), (451, "geo-blocked")])
def test_final_refusals_are_asked_once(server, page, settings, tmp_path, status, outcome):
    server.pages["/a.mp4"] = page(statuses=[(status, {})] * 9)
    fetched = download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings)
    assert (fetched.outcome, fetched.reason) == (outcome, f"HTTP {status}")
    assert len(server.asked) == 1


def test_429_is_waited_out_and_then_the_file_comes(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, statuses=[(429, {"Retry-After": "0"}), (429, {})])
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"
    assert len(server.asked) == 3


def test_429_without_end_is_rate_limited(server, page, settings, tmp_path):
    server.pages["/a.mp4"] = page(statuses=[(429, {})] * 9)
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "rate-limited"
    assert len(server.asked) == settings.attempts


def test_a_server_that_asks_for_an_hour_is_left_alone_at_once(server, page, settings, tmp_path):
    server.pages["/a.mp4"] = page(statuses=[(429, {"Retry-After": "3600"})] * 9)
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "rate-limited"
    assert len(server.asked) == 1


def test_errors_of_the_server_are_tried_again(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, statuses=[(500, {}), (502, {})])
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings).outcome == "ok"


def test_a_server_that_stalls_is_given_up_after_the_timeout(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video, wait=1.0)
    impatient = settings.model_copy(update={"timeout": 0.1, "attempts": 2})
    fetched = download(f"{server.url}/a.mp4", tmp_path / "a.mp4", impatient)
    assert fetched.outcome == "failed"
    assert not (tmp_path / "a.mp4").exists()


def test_a_slow_server_is_fine_as_long_as_bytes_come(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video[:200_000], wait=0.05)
    patient = settings.model_copy(update={"timeout": 1.0, "attempts": 1})
    assert download(f"{server.url}/a.mp4", tmp_path / "a.mp4", patient).outcome == "ok"


def test_a_compressed_answer_is_not_taken_for_the_file(server, page, settings, tmp_path):
    server.pages["/a.json"] = page(statuses=[(200, {"Content-Encoding": "gzip"})])
    fetched = download(f"{server.url}/a.json", tmp_path / "a.json", settings)
    assert (fetched.outcome, fetched.reason) == ("failed", "the server compresses the file though asked not to")


def test_no_server_at_all_says_nothing_of_the_file(settings, tmp_path):
    assert download("http://127.0.0.1:9/a.mp4", tmp_path / "a.mp4", settings).outcome == "failed"


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><p>gone", b"\xef\xbb\xbf \n<HTML><body>", b"<?xml version='1.0'?>"])
def test_a_page_saved_as_mp4_is_dead_and_not_kept(server, page, settings, tmp_path, body):
    server.pages["/a.mp4"] = page(body)
    fetched = download(f"{server.url}/a.mp4", tmp_path / "a.mp4", settings)
    assert fetched.outcome == "dead"
    assert "web page" in fetched.reason
    assert list(tmp_path.iterdir()) == []


def test_a_promised_checksum_is_kept_or_the_file_goes(server, page, settings, tmp_path):
    server.pages["/a.json"] = page(b"[1]")
    with pytest.raises(SignScaleError, match="not the bytes expected"):
        fetch_file(f"{server.url}/a.json", tmp_path / "a.json", settings, "0" * 64)
    assert not (tmp_path / "a.json").exists()
    (row,) = read_ledger(tmp_path / "ledger.csv")
    assert row.outcome == "checksum changed"
    right = hashlib.sha256(b"[1]").hexdigest()
    fetch_file(f"{server.url}/a.json", tmp_path / "a.json", settings, right)
    (row,) = read_ledger(tmp_path / "ledger.csv")
    assert (row.source_id, row.outcome, row.bytes, row.sha256) == ("a.json", "ok", 3, right)


def test_a_file_fetched_again_must_be_the_one_of_before(server, page, settings, tmp_path):
    server.pages["/a.json"] = page(b"[1]")
    fetch_file(f"{server.url}/a.json", tmp_path / "a.json", settings)
    (tmp_path / "a.json").unlink()
    server.pages["/a.json"] = page(b"[2]")
    with pytest.raises(SignScaleError, match="take its row out of the ledger"):
        fetch_file(f"{server.url}/a.json", tmp_path / "a.json", settings)
    (row,) = read_ledger(tmp_path / "ledger.csv")
    assert row.outcome == "checksum changed"
