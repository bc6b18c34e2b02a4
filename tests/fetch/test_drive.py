"""Google Drive, played by the server of the tests."""

import pytest

from signscale.errors import SignScaleError
from signscale.fetch import drive
from signscale.fetch.drive import fetch_drive
from signscale.fetch.ledger import read_ledger

FIRST = "/download?id=abc&export=download&confirm=t"
FORM = """<!DOCTYPE html><form id="download-form" action="{url}/download" method="get">
<input type="hidden" name="id" value="abc"><input type="hidden" name="export" value="download">
<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="u-1"></form>"""


@pytest.fixture(autouse=True)
def site(server, monkeypatch):
    monkeypatch.setattr(drive, "SITE", f"{server.url}/download")


def test_a_small_file_comes_at_once(server, page, settings, tmp_path):
    server.pages[FIRST] = page(b"VIDEO_ID\n", kind="application/octet-stream")
    fetch_drive("abc", tmp_path / "a.csv", settings)
    assert (tmp_path / "a.csv").read_bytes() == b"VIDEO_ID\n"
    (row,) = read_ledger(tmp_path / "ledger.csv")
    assert (row.url, row.outcome) == ("https://drive.google.com/file/d/abc", "ok")


def test_the_warning_page_is_answered(server, page, settings, tmp_path, video):
    server.pages[FIRST] = page(FORM.format(url=server.url).encode(), kind="text/html; charset=utf-8")
    server.pages["/download?id=abc&export=download&confirm=t&uuid=u-1"] = page(video, drop_after=[60_000])
    fetch_drive("abc", tmp_path / "a.zip", settings)
    assert (tmp_path / "a.zip").read_bytes() == video


def test_a_used_up_quota_is_rate_limited_and_says_so(server, page, settings, tmp_path):
    server.pages[FIRST] = page(b"<html>Too many users have viewed or downloaded this file", kind="text/html")
    with pytest.raises(SignScaleError, match="quota"):
        fetch_drive("abc", tmp_path / "a.zip", settings)
    (row,) = read_ledger(tmp_path / "ledger.csv")
    assert row.outcome == "rate-limited"


def test_a_file_that_is_gone_is_dead(server, settings, tmp_path):
    with pytest.raises(SignScaleError, match="HTTP 404"):
        fetch_drive("abc", tmp_path / "a.zip", settings)
