"""A Hugging Face hub on this machine: what huggingface_hub asks of one when it makes, fills and reads a repository.

The routes and answers are those that huggingface_hub's own code sends and expects (hf_api, _commit_api, lfs,
file_download): small files travel in the commit, large ones by LFS and are announced with the sha256 as X-Linked-Etag.
"""

import base64
import hashlib
import json
import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "c" * 40


class Hub(BaseHTTPRequestHandler):
    """files: what the one repository holds. blobs: by sha256. asked: every request, in order."""

    files: dict[str, bytes]
    blobs: dict[str, bytes]
    asked: list[str]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        """Say nothing."""

    def answer(self, content: bytes | dict | list, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.asked.append(f"{self.command} {path}")
        host = f"http://{self.headers['Host']}"
        if path == "/api/repos/create":
            made = json.loads(body)
            name = f"{made['organization']}/{made['name']}"
            self.answer({"url": f"{host}/{name}", "name": name})
        elif path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            asked = json.loads(body)["files"]
            modes = [(one["path"], "lfs" if one["path"].endswith(".safetensors") else "regular") for one in asked]
            self.answer({"files": [{"path": p, "uploadMode": mode, "shouldIgnore": False} for p, mode in modes]})
        elif path.endswith("/info/lfs/objects/batch"):
            wanted = json.loads(body)["objects"]
            actions = [
                one | {"actions": {"upload": {"href": f"{host}/blob/{one['oid']}", "header": {}}}} for one in wanted
            ]
            self.answer({"transfer": "basic", "objects": actions}, Content_Type="application/vnd.git-lfs+json")
        elif path.startswith("/blob/"):
            assert hashlib.sha256(body).hexdigest() == path.removeprefix("/blob/")
            self.blobs[path.removeprefix("/blob/")] = body
            self.answer(b"")
        elif "/commit/" in path:
            for line in map(json.loads, body.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    self.files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    self.files[value["path"]] = self.blobs[value["oid"]]
            self.answer({"commitUrl": f"{host}/org/name/commit/{COMMIT}", "commitOid": COMMIT, "success": True})
        elif re.fullmatch(r"/api/models/[^/]+/[^/]+(/revision/[^/]+)?", path):
            self.model(path)
        elif "/tree/" in path:
            self.answer([self.entry(name) for name in self.files])
        elif "/resolve/" in path:
            self.file(path.rpartition("/")[2])
        else:
            self.answer({"error": path}, 404)

    do_GET = do_HEAD = do_POST = do_PUT = handle_one  # noqa: N815 - (names of http.server)

    def model(self, path: str) -> None:
        if not self.files:
            self.answer({"error": "Repository not found"}, 404, X_Error_Code="RepoNotFound")
        else:
            siblings = [{"rfilename": name} for name in self.files]
            self.answer({"id": "org/name", "modelId": "org/name", "sha": COMMIT, "siblings": siblings})

    def entry(self, name: str) -> dict:
        content = self.files[name]
        found = {"type": "file", "path": name, "size": len(content), "oid": blob(content)}
        if name.endswith(".safetensors"):
            found["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return found

    def file(self, name: str) -> None:
        if name not in self.files:
            self.answer({"error": "Entry not found"}, 404, X_Error_Code="EntryNotFound")
            return
        content = self.files[name]
        large = name.endswith(".safetensors")
        tag = f'"{hashlib.sha256(content).hexdigest() if large else blob(content)}"'
        extra = {"X_Linked_Etag": tag, "X_Linked_Size": str(len(content))} if large else {}
        self.answer(content, ETag=tag, X_Repo_Commit=COMMIT, **extra)


def blob(content: bytes) -> str:
    """The id of a small file in git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def running():
    """A hub with one empty repository; gives its address and the handler class with what it holds."""
    hub = type("OneHub", (Hub,), {"files": {}, "blobs": {}, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), hub)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", hub
    finally:
        server.shutdown()
        server.server_close()
