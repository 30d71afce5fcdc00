"""A stub of the Hugging Face Hub's HTTP API, for one process and on loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

WRITE, READ = "hf_write", "hf_read"
"""Tokens that the stub knows: one that may write and one that may not."""
USER = "tester"


class StubHub:
    """What the stub holds, and how it fails.

    Attributes
    ----------
    repos : dict
        Files of each repository, "spaces/USER/NAME" or "models/USER/NAME".
    large : dict
        Contents in the store of large files, by their SHA-256.
    sent : Counter
        How often each large file was received, by its SHA-256.
    broken : set of str
        The connection is closed instead of accepting a commit ("commit"), or the large file with
        this SHA-256.
    """

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}
        self.large: dict[str, bytes] = {}
        self.sent: Counter[str] = Counter()
        self.broken: set[str] = set()
        self.url = ""


@contextlib.contextmanager
def serving_hub() -> Iterator[StubHub]:
    """Serve a stub for the length of a block."""
    hub = StubHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: StubHub

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        path = self._path()
        if path == "/api/whoami-v2":
            if self._token() not in (WRITE, READ):
                return self._answer(401, {"error": "Invalid credentials in Authorization header"})
            return self._answer(200, {"name": USER, "type": "user"})
        if not path.startswith("/api/"):
            return self._answer(404, {"error": "Not found"})
        repo, _, rest = _split(path.removeprefix("/api/"))
        files = self.hub.repos.get(repo)
        if files is None:
            return self._answer(404, {"error": "Repository not found"}, "RepoNotFound")
        if rest.startswith("tree/"):
            return self._answer(200, [self._entry(*file) for file in files.items()])
        return self._answer(200, {"id": repo.partition("/")[2], "sha": "0" * 40})

    def do_POST(self) -> None:
        body = self._body()
        path = self._path()
        if path == "/api/validate-yaml":
            return self._answer(200, {})
        if self._token() == READ:
            return self._answer(403, {"error": "Forbidden"})
        if self._token() != WRITE:
            return self._answer(401, {"error": "Invalid credentials in Authorization header"})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith("/info/lfs/objects/batch"):
            return self._answer(
                200, {"objects": list(map(self._large, json.loads(body)["objects"]))}
            )
        repo, _, rest = _split(path.removeprefix("/api/"))
        if rest.startswith("preupload/"):
            files = [self._mode(file["path"]) for file in json.loads(body)["files"]]
            return self._answer(200, {"files": files})
        assert rest.startswith("commit/"), path
        if "commit" in self.hub.broken:
            return self._break_off()
        return self._commit(repo, [json.loads(line) for line in body.splitlines()])

    def do_PUT(self) -> None:
        if self._path().rpartition("/")[2] in self.hub.broken:
            return self._break_off()
        content = self._body()
        digest = hashlib.sha256(content).hexdigest()
        self.hub.sent[digest] += 1
        self.hub.large[digest] = content
        return self._answer(200, {})

    def _create(self, request: dict[str, Any]) -> None:
        repo = f"{request['type']}s/{request['organization'] or USER}/{request['name']}"
        if repo in self.hub.repos:
            return self._answer(409, {"error": "You already created this repo"})
        self.hub.repos[repo] = {
            ".gitattributes": b"*.onnx filter=lfs\n",
            "README.md": b"---\n---\n",
        }
        return self._answer(200, {"url": f"{self.hub.url}/{repo.removeprefix('models/')}"})

    def _commit(self, repo: str, lines: list[dict[str, Any]]) -> None:
        files = self.hub.repos[repo]
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            else:
                assert line["key"] == "deletedFile"
                del files[value["path"]]
        url = f"{self.hub.url}/{repo}/commit/{'1' * 40}"
        return self._answer(200, {"commitUrl": url, "commitOid": "1" * 40})

    def _large(self, file: dict[str, Any]) -> dict[str, Any]:
        """Return where a large file is to be sent; nothing if it is there."""
        upload = {"upload": {"href": f"{self.hub.url}/large/{file['oid']}"}}
        known = file["oid"] in self.hub.large
        return file if known else {**file, "actions": upload}

    @staticmethod
    def _mode(path: str) -> dict[str, Any]:
        mode = "lfs" if path.endswith((".onnx", ".safetensors", ".gz", ".png")) else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False}

    def _entry(self, path: str, content: bytes) -> dict[str, Any]:
        blob = b"blob %d\0" % len(content) + content
        entry = {"type": "file", "path": path, "size": len(content)}
        if self._mode(path)["uploadMode"] == "lfs":
            digest = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 130}
        return {**entry, "oid": hashlib.sha1(blob).hexdigest()}

    def _path(self) -> str:
        return unquote(urlsplit(self.path).path)

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _body(self) -> bytes:
        if (length := self.headers.get("Content-Length")) is not None:
            return self.rfile.read(int(length))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _answer(self, status: int, content: Any, code: str = "") -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("X-Error-Code", code)
        self.end_headers()
        self.wfile.write(body)

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.close()


def _split(path: str) -> tuple[str, str, str]:
    """Return "spaces/USER/NAME", "/" and the rest of a path."""
    kind, user, name, *rest = path.split("/", 3)
    return f"{kind}/{user}/{name}", "/", "".join(rest)
