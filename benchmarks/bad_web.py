"""What the ledger says of each way a site can misbehave: the server of the tests, one clip a fault; prints JSON.

    python benchmarks/bad_web.py

Every clip is fetched by the code that fetches WLASL's, with a timeout of 1 s and 3 tries without progress.
"""

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from signscale.fetch import hosts, http
from signscale.fetch.clips import Source, fetch_clips
from signscale.fetch.record import recorded
from signscale.params import AcquireParams

SETTINGS = AcquireParams(corpora=["wlasl"], raw="raw", timeout=1.0, attempts=3)


def web():
    """The misbehaving server's module."""
    path = Path(__file__).parents[1] / "tests" / "acquire" / "web" / "conftest.py"
    spec = importlib.util.spec_from_file_location("web", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["web"] = module
    spec.loader.exec_module(module)
    return module


def noise_video(path: Path) -> bytes:
    """Two seconds of noise as an mp4 of some 400 kB."""
    noise = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.bit_rate = 320, 240, 4_000_000
        for _ in range(50):
            picture = noise.integers(0, 255, (240, 320, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def faults(page: Callable, video: bytes) -> dict[str, list]:
    """Fault -> the pages the server has, one after another; the clip is fetched once for each."""
    refused, longer = {"Retry-After": "1"}, video + b"\0" * 1000
    return {
        "none": [page(video)],
        "slow: 64 KiB every 0.3 s": [page(video, wait=0.3)],
        "stalls for longer than the timeout": [page(video, wait=2.5)],
        "drops the connection twice": [page(video, drop_after=[100_000, 50_000])],
        "drops it for good, is whole in the next run": [page(video, drop_after=[70_000, 0, 0, 0]), page(video)],
        "drops it and ignores ranges": [page(video, drop_after=[100_000], ranges=False)],
        "drops it, goes on with a changed file": [
            page(video, drop_after=[70_000, 0, 0, 0]),
            page(video + b"\0" * 64, etag='"v2"'),
        ],
        "serves a changed file in a later run": [page(video), None, page(video + b"\0" * 64, etag='"v2"')],
        "404": [page(statuses=[(404, {})] * 9)],
        "410": [page(statuses=[(410, {})] * 9)],
        "403": [page(statuses=[(403, {})] * 9)],
        "451": [page(statuses=[(451, {})] * 9)],
        "416: less than came already": [page(longer, drop_after=[len(video) + 500, 0, 0, 0]), page(video)],
        "429 twice, then the file": [page(video, statuses=[(429, refused), (429, {})])],
        "429 without end": [page(statuses=[(429, {})] * 99)],
        "429, come back in an hour": [page(statuses=[(429, {"Retry-After": "3600"})] * 9)],
        "500 and 502, then the file": [page(video, statuses=[(500, {}), (502, {})])],
        "a web page with status 200": [page(b"<!DOCTYPE html><p>This account is suspended")],
        "bytes that are no video": [page(b"\x00\x01\x02" * 5000)],
        "a video shorter than its annotation": [page(video)],
    }


def said_of(server, fault: str, pages: list, folder: Path) -> dict:
    """Fetch a clip once for each page; what the ledger says in the end, and how often the server was asked."""
    asked, started = len(server.asked), time.perf_counter()
    seconds = 9.0 if "shorter" in fault else 1.5
    for served in pages:
        if served is None:
            (folder / "clip.mp4").unlink()
            continue
        server.pages["/clip.mp4"] = served
        with contextlib.redirect_stderr(io.StringIO()):
            fetch_clips(folder, [Source("clip.mp4", f"{server.url}/clip.mp4", seconds)], SETTINGS)
    (row,) = recorded(folder).values()
    requests = [f"{asked_range or 'whole'}" for _, asked_range, _ in server.asked[asked:]]
    return {
        "fault": fault, "ledger": row.outcome, "bytes": row.bytes, "kept": (folder / "clip.mp4").is_file(),
        "requests": requests, "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip


def main() -> None:
    """One row a fault, on standard error as it comes; all of them as JSON in the end."""
    module, rows = web(), []
    server = module.Server()
    with tempfile.TemporaryDirectory() as folder:
        hosts.FOLDER, http.PAUSE, http.FIRST_WAIT = Path(folder) / "hosts", 0.0, 0.05
        video = noise_video(Path(folder) / "noise.mp4")
        for number, (fault, pages) in enumerate(faults(module.Page, video).items()):
            (Path(folder) / str(number)).mkdir()
            rows.append(said_of(server, fault, pages, Path(folder) / str(number)))
            row = rows[-1]
            print(f"{fault:<46} {row['ledger']:<17} {len(row['requests'])} requests", file=sys.stderr)
    server.close()
    print(json.dumps({"video_bytes": len(video), "faults": rows}, indent=1))


if __name__ == "__main__":
    main()
