"""YouTube through yt-dlp: its refusals as ledger outcomes, and its real code against a server on this machine."""

import pytest

from signscale.errors import SignScaleError
from signscale.fetch.youtube import classify, download


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("ERROR: [youtube] x: Video unavailable. This video has been removed by the uploader", "dead"),
        ("ERROR: [youtube] x: Video unavailable", "dead"),
        ("ERROR: [youtube] x: This video is no longer available because the account has been terminated.", "dead"),
        ("ERROR: [youtube] x: Private video. Sign in if you've been granted access to this video", "private"),
        ("ERROR: [youtube] x: Sign in to confirm your age. This video may be inappropriate", "private"),
        (
            "ERROR: [youtube] x: Video unavailable. The uploader has not made this video available in your country",
            "geo-blocked",
        ),
        ("ERROR: [youtube] x: Sign in to confirm you’re not a bot. Use --cookies", "rate-limited"),
        ("ERROR: unable to download video data: HTTP Error 429: Too Many Requests", "rate-limited"),
        ("ERROR: [youtube] x: Video unavailable. This content isn't available, try again later.", "rate-limited"),
        ("ERROR: [youtube] x: This video has been removed for violating YouTube's policy on spam", "dead"),
        ("ERROR: [youtube] x: Unable to download API page: timed out", ""),
        ("ERROR: unable to download video data: HTTP Error 403: Forbidden", ""),
        ("ERROR: [youtube] x: HTTP Error 503: Service Unavailable", "rate-limited"),
        ("ERROR: [youtube] x: Requested format is not available. Use --list-formats for a list", "failed"),
        ("ERROR: [youtube] x: Please sign in. Use --cookies-from-browser or --cookies", "failed"),
        ("ERROR: [youtube] x: No supported JavaScript runtime could be found", "failed"),
    ],
)
def test_refusals_have_names(message, outcome):
    assert classify(message) == outcome


def test_a_video_comes_whole(server, page, settings, tmp_path, video):
    server.pages["/a.mp4"] = page(video)
    assert download(f"{server.url}/a.mp4", tmp_path / "youtube" / "x.mp4", settings).outcome == "ok"
    assert (tmp_path / "youtube" / "x.mp4").read_bytes() == video


def test_a_video_that_is_gone_is_asked_for_once(server, settings, tmp_path):
    assert download(f"{server.url}/a.mp4", tmp_path / "x.mp4", settings).outcome == "dead"
    assert len(server.asked) == 1


def test_a_refusal_is_tried_again_and_then_named(server, page, settings, tmp_path):
    server.pages["/a.mp4"] = page(statuses=[(429, {})] * 99)
    assert download(f"{server.url}/a.mp4", tmp_path / "x.mp4", settings).outcome == "rate-limited"
    assert len(server.asked) >= settings.attempts


def test_what_yt_dlp_lacks_is_named_and_the_video_is_not_dead(server, page, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    server.pages["/a.mp4"] = page(statuses=[(403, {})] * 99)
    fetched = download(f"{server.url}/a.mp4", tmp_path / "x.mp4", settings)
    assert fetched.outcome == "failed"
    assert "HTTP Error 403" in fetched.reason and "install deno or node or bun or quickjs" in fetched.reason


def test_a_cookies_file_that_is_not_there_is_one_clear_line(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNSCALE_COOKIES", str(tmp_path / "cookies.txt"))
    with pytest.raises(SignScaleError, match="SIGNSCALE_COOKIES names"):
        download("http://127.0.0.1:9/a.mp4", tmp_path / "x.mp4", settings)
