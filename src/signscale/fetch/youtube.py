"""Videos from YouTube by yt-dlp, politely: one at a time, with pauses, and cookies if the user gives a file of them.

SIGNSCALE_COOKIES in the environment names a cookies.txt; its content is shown nowhere.
"""

import os
import random
import shutil
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.fetch.hosts import alone_with
from signscale.fetch.http import FIRST_WAIT, LONGEST_WAIT, Fetched
from signscale.params import AcquireParams

COOKIES = "SIGNSCALE_COOKIES"
HOST = "youtube"
"""Its many hosts count as one."""
PAUSE = (1.0, 4.0)
"""Seconds between two videos, whatever job asks for them, drawn from this range."""
FORMAT = "bestvideo[ext=mp4][height<=720]/best[ext=mp4][height<=720]/best[height<=720]/best"
"""Pictures alone will do: signing has no sound. No estimator gains from more than 720 lines."""

RUNTIMES = {"deno": "deno", "node": "node", "bun": "bun", "quickjs": "qjs"}
"""JavaScript runtimes by yt-dlp's name, with the program. Since 2025.11 YouTube cannot be read without one."""

# What YouTube's refusals say, in lower case, in the order they are looked for. "failed" is yt-dlp's trouble, not the
# video's, and no second try mends it.
_OUTCOMES = [
    (
        "rate-limited",
        ("http error 429", "http error 503", "too many requests", "rate-limited", "not a bot", "try again later"),
    ),
    ("failed", ("requested format is not available", "please sign in", "javascript runtime", "only images are")),
    (
        "private",
        ("private video", "sign in to confirm your age", "members-only", "join this channel", "login required"),
    ),
    ("geo-blocked", ("in your country", "geo restrict", "georestrict", "blocked it in", "from your location")),
    (
        "dead",
        (
            "video unavailable",
            "video is unavailable",
            "video has been removed",
            "removed by the uploader",
            "terminated",
            "no longer available",
            "does not exist",
            "http error 404",
            "http error 410",
        ),
    ),
]


def is_youtube(url: str) -> bool:
    """Whether a URL is YouTube's, in its long or short form."""
    return "youtube.com/" in url or "youtu.be/" in url


def classify(message: str) -> str:
    """The ledger outcome a message of yt-dlp stands for; "" for one that may pass, such as HTTP 403 or no connection.

    "dead" is said only of a video that is gone for good.
    """
    message = message.lower()
    return next((outcome for outcome, signs in _OUTCOMES if any(sign in message for sign in signs)), "")


def lacking() -> str:
    """What yt-dlp needs for YouTube and this machine does not have, with the remedy; "" if nothing is missing."""
    if not any(shutil.which(program) for program in RUNTIMES.values()):
        return f"no JavaScript runtime is installed: install {' or '.join(RUNTIMES)}"
    if find_spec("yt_dlp_ejs") is None:
        return "yt-dlp's challenge solver is not installed: pip install yt-dlp-ejs"
    return ""


def download(url: str, target: Path, settings: AcquireParams) -> Fetched:
    """Download the video at `url` to `target`, whole or not at all; never raises for errors of the server. A broken-off
    download continues where it was. settings.attempts tries, with growing pauses; a refusal that is final
    is not tried again. Raises SignScaleError if the cookies file named in the environment is not there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.stem}.part{target.suffix}")
    with alone_with(HOST, random.uniform(*PAUSE)):
        return _persist(url, part, target, settings)


def _persist(url: str, part: Path, target: Path, settings: AcquireParams) -> Fetched:
    """Try, with growing pauses, until the video is whole or the refusal is final."""
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import DownloadError

    fetched = Fetched("failed", "no try was made")
    for attempt in range(settings.attempts):
        if attempt:
            time.sleep(min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT))
        try:
            with YoutubeDL(_options(part, settings)) as youtube:
                youtube.download([url])
        except DownloadError as error:
            said = " ".join(str(error).split())
            outcome = classify(said)
            fetched = Fetched(outcome, said) if outcome not in ("", "failed") else Fetched("failed", _with_remedy(said))
            if outcome not in ("", "rate-limited"):
                break
        else:
            part.replace(target)
            return Fetched("ok")
    return fetched


def _with_remedy(said: str) -> str:
    """yt-dlp's message about a fault of its own, with what may mend it before the next run."""
    return f"{said}; {lacking() or f'update yt-dlp, or name a cookies.txt in {COOKIES}'}; the next run asks again"


def _options(part: Path, settings: AcquireParams) -> dict[str, Any]:
    """yt-dlp's options: quiet, resuming, one connection, no playlists, no merging."""
    options = {
        "format": FORMAT, "outtmpl": str(part).replace("%", "%%"), "continuedl": True, "noplaylist": True,
        "quiet": True, "no_warnings": True, "noprogress": True, "logger": _Silent(), "cachedir": False,
        "socket_timeout": settings.timeout, "retries": settings.attempts, "fragment_retries": settings.attempts,
        "js_runtimes": {runtime: {} for runtime in RUNTIMES},
        "sleep_interval_requests": 0.5, "concurrent_fragment_downloads": 1, "overwrites": False,
    }  # fmt: skip
    if cookies := os.environ.get(COOKIES):
        if not Path(cookies).is_file():
            raise SignScaleError(f"{COOKIES} names {cookies}, which is no file; export cookies.txt from a browser")
        options["cookiefile"] = cookies
    return options


class _Silent:
    """Takes yt-dlp's own lines: errors come as exceptions, and one line a clip is ours."""

    def debug(self, message: str) -> None: ...
    def warning(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...
