"""Files from Google Drive by their id, past the page that warns of large files, with resume."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import requests

from signscale.fetch import http
from signscale.fetch.hosts import alone_with
from signscale.fetch.http import Fetched, download, record_or_raise
from signscale.fetch.part import WHOLE, Part
from signscale.params import AcquireParams

SITE = "https://drive.usercontent.google.com/download"


class _Form(HTMLParser):
    """The address and hidden fields of the first form on a page."""

    def __init__(self):
        super().__init__()
        self.action, self.fields = "", {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form" and not self.action:
            self.action = values.get("action") or ""
        elif tag == "input" and values.get("type") == "hidden" and values.get("name"):
            self.fields[values["name"]] = values.get("value") or ""


def file_address(drive_id: str, timeout: float) -> tuple[str, Fetched]:
    """Where the file itself is served, and ok; or the outcome of being refused, with its reason."""
    url = f"{SITE}?{urlencode({'id': drive_id, 'export': 'download', 'confirm': 't'})}"
    try:
        with alone_with(urlsplit(url).netloc, http.PAUSE), requests.get(url, stream=True, timeout=timeout) as answer:
            if "text/html" not in answer.headers.get("Content-Type", "") or answer.status_code >= 400:
                return url, Fetched("ok")  # the file, or an error that the download will name
            page = answer.text
    except requests.RequestException:
        return url, Fetched("ok")  # the download tries again, with pauses
    form = _Form()
    form.feed(page)
    if form.fields.get("id") == drive_id:
        return f"{form.action or SITE}?{urlencode(form.fields)}", Fetched("ok")
    if "quota" in page.lower() or "too many users" in page.lower():
        return url, Fetched("rate-limited", "Google Drive's quota of this file is used up for today")
    return url, Fetched("private", "Google Drive shows a page in place of the file")


def fetch_drive(drive_id: str, target: Path, settings: AcquireParams, part: Part = WHOLE) -> Path:
    """A file of Google Drive at `target` in the corpus's folder, fetched unless it lies there; its row goes to `part`.

    Raises SignScaleError naming the remedy.
    """
    if target.is_file():
        return target
    address, fetched = file_address(drive_id, settings.timeout)
    if fetched.outcome == "ok":
        fetched = download(address, target, settings)
    # The ledger names the file, not the address of the day.
    url = f"https://drive.google.com/file/d/{drive_id}"
    return record_or_raise(target.parent, target, url, fetched, part=part)
