"""The page in a real browser, offline: a silent console, clips that play, tables that sort, no sideways scroll."""

import http.server
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from signscale.report.run import write_report

# The page counts as loaded, and the browser ends, only when /wait is answered: once the driver has sent what it saw.
DRIVER = '<!doctype html><title>driver</title><body><img src="/wait" alt=""><script>{}</script></body>'


def _browse(address: str, profile: Path, *flags: str) -> tuple[str, list[str]]:
    """The page's elements once chromium has loaded it, and what it wrote to the console."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium here: the page was not opened in a browser")
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={profile}", "--enable-logging=stderr", "--window-size=1400,1000",
         *flags, "--dump-dom", address],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture
def pages(params, results, learned, tmp_path) -> dict[str, str]:
    """A report of every benchmark without a model, and one of a model without benchmarks, by address."""
    write_report(params, results, tmp_path / "report.html")
    write_report(learned.params, learned.root, tmp_path / "learned.html")
    return {f"/{name}": (tmp_path / name).read_text(encoding="utf-8") for name in ("report.html", "learned.html")}


def _serve(pages: dict[str, str], seen: dict) -> http.server.ThreadingHTTPServer:
    """A server of the driver and the pages; it fills `seen` and notes what else was asked for under `other`."""
    done = threading.Event()
    driver = DRIVER.format(Path(__file__).with_name("driver.js").read_text(encoding="utf-8"))
    bodies = {"/": driver, "/wait": "", **pages}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/wait":
                done.wait(120)
            if self.path not in bodies and self.path != "/favicon.ico":
                seen.setdefault("other", []).append(self.path)
            self._answer(bodies.get(self.path, ""))

        def do_POST(self):
            seen.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer("")
            done.set()

        def _answer(self, body: str):
            self.send_response(200 if body else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def test_a_reader_with_a_browser(pages, tmp_path):
    seen = {}
    with _serve(pages, seen) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _, console = _browse(f"http://127.0.0.1:{server.server_port}/", tmp_path / "browser")
        server.shutdown()
    assert seen.get("error") is None
    assert console == []
    assert "other" not in seen
    assert seen["empty"] == []
    assert seen["wider"] == []

    playing = seen["playing"]
    assert playing["moved"] and playing["stays"]
    frame, frames = map(int, playing["paused"].split(" / "))
    assert playing["stepped"] == f"{frame % frames + 1} / {frames}"
    assert playing["label"].startswith("Play: Skeleton signing")
    assert seen["cursor"]
    assert seen["trio"][0] and seen["trio"][2:] == [True, True]  # the clip, its ghost, and what was filled in
    assert seen["map"] == [True, "2"]

    sorting = seen["sorting"]
    numbers = [float(re.match(r"[\d.]+", value)[0]) for value in sorting["before"]]
    assert sorting["focused"]
    assert sorting["up"][0] == "ascending" and sorting["down"][0] == "descending"
    for values, order in ((sorting["up"][1], sorted(numbers)), (sorting["down"][1], sorted(numbers, reverse=True))):
        assert [float(re.match(r"[\d.]+", value)[0]) for value in values] == order
    assert numbers != sorted(numbers) and len(set(sorting["names"])) == 4


def test_skeletons_stand_still_for_readers_who_want_less_motion(pages, tmp_path):
    def bones(html: str) -> list[str]:
        return re.findall(r'<path class="right" d="([^"]*)"', html)

    live, console = _browse(
        (tmp_path / "report.html").as_uri(), tmp_path / "browser", "--force-prefers-reduced-motion"
    )  # fmt: skip
    assert console == []
    assert bones(live) == bones(pages["/report.html"])
    assert 'aria-label="Play: Skeleton signing A"' in live
    assert "Play all" in live
