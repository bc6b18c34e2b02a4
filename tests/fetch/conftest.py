"""A web server on this machine that misbehaves on request, and settings that do not wait for long."""

import re
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import av
import numpy as np
import pytest
from wheel_index import make_wheel  # noqa: F401 - a fixture

from signscale.fetch import hosts, http, youtube
from signscale.params import AcquireParams


@dataclass
class Page:
    """A file served at a path, and how. statuses: answers before the file is served. drop_after: bytes after which the
    connection breaks, once for each entry. ranges: whether Range is honoured. wait: seconds before each 64 KiB."""

    body: bytes = b""
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    drop_after: list[int] = field(default_factory=list)
    ranges: bool = True
    etag: str = '"v1"'
    kind: str = "video/mp4"
    wait: float = 0.0
    login: str = ""


class Server:
    """pages: path -> Page. asked: (path, Range header, Authorization header) of every request so far."""

    def __init__(self):
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.at_once, self.most_at_once = 0, 0
        self._lock = threading.Lock()
        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._httpd.server_address[1]}"
        threading.Thread(target=self._httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()

    def _handler(server):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, *_):
                pass

            def do_GET(self):
                with server._lock:
                    server.at_once += 1
                    server.most_at_once = max(server.most_at_once, server.at_once)
                try:
                    self._serve()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client gave up, as some tests want it to
                finally:
                    with server._lock:
                        server.at_once -= 1

            do_HEAD = do_GET  # noqa: N815

            def _serve(self):
                path = self.path
                asked = self.headers.get("Range", "")
                server.asked.append((path, asked, self.headers.get("Authorization", "")))
                page = server.pages.get(path)
                if page is None:
                    return self.send_error(404)
                if page.login and self.headers.get("Authorization") != page.login:
                    return self.send_error(401)
                if page.statuses:
                    status, headers = page.statuses.pop(0)
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    return self.end_headers()
                start = 0
                same = self.headers.get("If-Range", page.etag) == page.etag
                if asked and page.ranges and same:
                    start = int(re.fullmatch(r"bytes=(\d+)-", asked).group(1))
                    if start >= len(page.body):
                        self.send_response(416)
                        return self.end_headers()
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(page.body) - 1}/{len(page.body)}")
                self.send_header("Content-Length", str(len(page.body) - start))
                self.send_header("Content-Type", page.kind)
                if page.etag:
                    self.send_header("ETag", page.etag)
                self.end_headers()
                if self.command == "HEAD":
                    return None
                end = len(page.body)
                if page.drop_after:
                    end = start + page.drop_after.pop(0)
                for at in range(start, end, 65536):
                    time.sleep(page.wait)
                    self.wfile.write(page.body[at : min(at + 65536, end)])
                return None

        return Handler


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


@pytest.fixture
def page():
    """The class Page, for tests to make pages of."""
    return Page


@pytest.fixture
def settings():
    return AcquireParams(corpora=["wlasl"], raw="data/raw", timeout=5.0, attempts=3)


@pytest.fixture(autouse=True)
def own_locks(tmp_path_factory, monkeypatch):
    """Each test has its own locks of hosts: ports of servers are used again."""
    monkeypatch.setattr(hosts, "FOLDER", tmp_path_factory.mktemp("hosts"))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(http, "PAUSE", 0.0)
    monkeypatch.setattr(http, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(youtube, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(youtube, "PAUSE", (0.0, 0.0))


@pytest.fixture(scope="session")
def video(tmp_path_factory) -> bytes:
    """A real mp4 of two seconds, noisy enough to be larger than one network buffer."""
    path = tmp_path_factory.mktemp("video") / "noise.mp4"
    noise = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.bit_rate = 320, 240, 4_000_000
        for _ in range(50):
            picture = noise.integers(0, 255, (240, 320, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture(scope="session")
def split() -> Callable[[bytes, list[int]], list[bytes]]:
    """Cuts a zip into parts, its list of members and its end rewritten as APPNOTE.TXT 4.3 wants it.

    wide: places and sizes in 64-bit fields, as zips beyond 4 GB have them.
    """

    def cut(whole: bytes, cuts: list[int], wide: bool = False) -> list[bytes]:
        members, _, start = struct.unpack_from("<H2L", whole, len(whole) - 12)
        starts, last, listed, at = [0, *cuts], len(cuts), b"", start
        part = sum(first <= start for first in cuts)
        for _ in range(members):
            fields = list(struct.unpack_from("<4s6H3L5H2L", whole, at))
            name, extra = whole[at + 46 : at + 46 + fields[10]], b""
            at += 46 + fields[10] + fields[11] + fields[12]
            fields[13] = sum(first <= fields[16] for first in cuts)
            fields[16] -= starts[fields[13]]
            if wide:
                extra = struct.pack("<4H3QL", 0x7777, 0, 1, 28, fields[9], fields[8], fields[16], fields[13])
                fields[8] = fields[9] = fields[16] = 0xFFFFFFFF
                fields[13], fields[11] = 0xFFFF, len(extra)
            listed += struct.pack("<4s6H3L5H2L", *fields) + name + extra
        place = start - starts[part]
        end = struct.pack("<4s4H2LH", b"PK\5\6", last, part, members, members, len(listed), place, 0)
        if wide:
            end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, last, part, members, members, len(listed), place)
            end += struct.pack("<4sLQL", b"PK\6\7", last, start + len(listed) - starts[-1], last + 1)
            end += struct.pack("<4s4H2LH", b"PK\5\6", *[0xFFFF] * 4, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        whole = whole[:start] + listed + end
        return [whole[first:to] for first, to in pairwise([*starts, len(whole)])]

    return cut
