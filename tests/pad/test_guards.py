"""What the pad's server refuses before Gradio sees it: foreign pages, unused paths, full disks,
slow clients; and what it answers where Gradio fails.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from support.asgi import ask
from support.chromium import ROOT, Server, serving
from support.pictures import picture_of_a_seven

from pad.allowed_requests import AllowedRequests
from pad.middleware import BodyLimit
from pad.reasoned_errors import ReasonedErrors
from pad.slow_clients import HeaderWatch
from pad.upload_budget import UploadBudget, is_full
from pad.uploads import delete_old_uploads

UPLOAD = "/gradio_api/upload"
ANSWER = PlainTextResponse("passed on")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"origin": "http://pad.test", "host": "pad.test"}, 200),
        ({"origin": "https://pad.test", "host": "127.0.0.1", "x_forwarded_host": "pad.test"}, 200),
        # a proxy that says nothing
        ({"origin": "https://pad.test", "host": "127.0.0.1", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": "http://evil.test", "host": "pad.test"}, 403),
        ({"origin": "null", "host": "pad.test"}, 403),
        ({"origin": "http://[::", "host": "pad.test"}, 403),
        ({"origin": "http://pad.test:81", "host": "pad.test"}, 403),
        ({"origin": "http://pad.test", "host": "pad.test", "sec_fetch_site": "cross-site"}, 403),
        ({"host": "pad.test", "sec_fetch_site": "same-site"}, 403),
    ],
)
def test_pages_of_other_sites_send_nothing(headers: dict[str, str], status: int) -> None:
    assert ask(AllowedRequests(ANSWER), **headers)[0] == status
    # links to it are allowed
    assert ask(AllowedRequests(ANSWER), "/", "GET", **headers)[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/process_recording"),
        ("POST", "/gradio_api/component_server/"),
        ("POST", "/gradio_api/vibe-edit/"),
        ("POST", "/gradio_api/call/other"),
        ("POST", "/login"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://example.org"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/monitoring"),
        ("GET", "/pwa_icon/100000"),
        ("DELETE", UPLOAD),
        ("PUT", "/"),
    ],
)
def test_what_the_pad_does_not_use_is_closed(method: str, path: str) -> None:
    assert ask(AllowedRequests(ANSWER), path, method) == (404, '{"detail":"Not Found"}')


def test_uploads_are_refused_while_the_folder_is_full(tmp_path: Path) -> None:
    now = 0.0
    guarded = UploadBudget(ANSWER, lambda: str(tmp_path), 1000, clock=lambda: now)
    file = tmp_path / "1/seven.png"
    file.parent.mkdir()
    file.write_bytes(bytes(999))
    assert ask(guarded)[0] == 200
    file.write_bytes(bytes(1000))
    now = 2.0
    status, body = ask(guarded)
    assert status == 507
    assert "in a few minutes" in body
    for path in ("/gradio_api/call/classify", "/gradio_api/mcp/", "/gradio_api/queue/join"):
        assert ask(guarded, path)[0] == 507
    # drawings write nothing
    assert ask(guarded, "/functions/classify_ink")[0] == 200
    assert ask(guarded, "/", "GET")[0] == 200
    file.unlink()
    now = 4.0
    assert ask(guarded)[0] == 200


def test_very_many_small_uploads_are_full_too(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).touch()
    assert not is_full(tmp_path, 1000, most_files=3)
    (tmp_path / "c").symlink_to("nowhere")
    assert is_full(tmp_path, 1000, most_files=3)
    assert not is_full(tmp_path / "missing", 1000)


def test_a_body_that_does_not_arrive_is_refused() -> None:
    async def reads_all(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        raise AssertionError("a body that is not complete")

    pieces = iter([b"a", b"b"])

    async def slowly() -> dict[str, Any]:
        for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": True}
        return await asyncio.Future()

    status, body = ask(BodyLimit(reads_all, 1000, patience=0.01), receive=slowly)
    assert status == 408
    assert "longer than 0.01 s" in body


def test_a_complete_body_may_be_answered_slowly() -> None:
    async def waits_for_the_client(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        leaving = asyncio.ensure_future(receive())
        await asyncio.wait([leaving], timeout=0.05)
        assert not leaving.done()
        leaving.cancel()
        await ANSWER(scope, receive, send)

    messages = [{"type": "http.request", "body": b"a", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else await asyncio.Future()

    assert ask(BodyLimit(waits_for_the_client, 9, patience=0.01), receive=receive)[0] == 200


class Transport:
    closed = False

    def abort(self) -> None:
        self.closed = True


class Hashable(SimpleNamespace):
    __hash__ = object.__hash__


def test_connections_whose_request_does_not_arrive_are_closed() -> None:
    now = 0.0
    watch = HeaderWatch(10, clock=lambda: now)
    answered = SimpleNamespace(response_complete=True)
    silent = Hashable(cycle=None, timeout_keep_alive_task=None, transport=Transport())
    slow_again = Hashable(cycle=answered, timeout_keep_alive_task=None, transport=Transport())
    served = Hashable(
        cycle=SimpleNamespace(response_complete=False),
        timeout_keep_alive_task=None,
        transport=Transport(),
    )
    idle = Hashable(cycle=answered, timeout_keep_alive_task=object(), transport=Transport())
    other = Hashable(transport=Transport())
    everyone = [silent, slow_again, served, idle, other]
    assert watch.close_slow(everyone) == 0
    now = 9.9
    assert watch.close_slow(everyone) == 0
    slow_again.cycle = SimpleNamespace(response_complete=True)  # it has been answered meanwhile
    assert watch.close_slow(everyone) == 0
    now = 10.0
    assert watch.close_slow(everyone) == 1
    assert [one.transport.closed for one in everyone] == [True, False, False, False, False]


def test_a_failure_in_gradio_has_a_reason(logged: list[logging.LogRecord]) -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("x" * 5000)

    status, body = ask(ReasonedErrors(fails), "/gradio_api/queue/join")
    assert status == 500
    assert "could not be processed" in json.loads(body)["detail"]
    assert "xxx" not in body
    (record,) = logged
    assert "KeyError" in record.getMessage()
    assert len(record.getMessage()) < 500


@pytest.mark.parametrize("host", ["[::", "a:b:c", "[:::::]", "a:b"])
def test_a_forwarded_host_that_is_none_is_an_error_of_the_sender(host: str) -> None:
    from gradio.route_utils import get_root_url

    async def page(scope: Any, receive: Any, send: Any) -> None:
        get_root_url(Request(scope), "/", None)

    app = ReasonedErrors(page)
    status, body = ask(app, "/", "GET", host="pad.test", x_forwarded_host=host)
    assert (status, "X-Forwarded-Host" in body) == (400, True)


def test_an_unknown_event_is_not_found() -> None:
    """Gradio begins a stream of events, and then finds that there is none."""

    async def fails_late(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("already started") from HTTPException(404, "no such event")

    path = "/gradio_api/call/classify/0"
    assert ask(ReasonedErrors(fails_late), path, "GET") == (404, '{"detail":"no such event"}')


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A pad that waits one second for the lines of a request, and a second for its body."""
    folder = tmp_path_factory.mktemp("guarded")
    for name in ("home", "uploads", "tmp"):
        (folder / name).mkdir()
    environment = {
        "GRADIO_TEMP_DIR": str(folder / "uploads"),
        "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home/.cache"),
        "XDG_DATA_HOME": str(folder / "home/.local"),
        "MNIST_MODELS": str(folder / "home/models"),
        "DRAWPAD_HEADER_SECONDS": "1",
        "DRAWPAD_BODY_SECONDS": "1",
    }
    with serving(ROOT / "app.py", environment) as server:
        server.folder = folder
        yield server


@pytest.mark.parametrize(
    ("start", "reply"),
    [
        (b"", b""),
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\nHost: pad.test\r\nX-A: ", b""),
        (b"POST /functions/kernel HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", b"408"),
    ],
    ids=["silent", "first line", "headers", "body"],
)
def test_slow_clients_are_closed(guarded: Server, start: bytes, reply: bytes) -> None:
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=60) as client:
        client.sendall(start)
        received = b""
        try:
            while piece := client.recv(4096):
                received += piece
        except ConnectionResetError:
            pass
    assert reply in received


def test_an_upload_that_breaks_off_is_deleted_later(guarded: Server) -> None:
    """Gradio leaves it, by a name of `tempfile`."""
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nxxxx'
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n".encode()
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=60) as client:
        client.sendall(head + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + part)
        assert b"408" in client.recv(4096)
    folder = guarded.folder / "uploads"
    assert [path for path in folder.iterdir() if path.is_file()]
    delete_old_uploads(folder, time.time() + 1)
    assert not [path for path in folder.iterdir() if path.is_file()]


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_uploads_are_the_only_files_that_are_written(guarded: Server) -> None:
    """Whatever is asked, and whatever names files are given."""
    before = tree(ROOT / "pad") | tree(ROOT / "weights")
    names = ["seven.png", "../../escape.png", "/tmp/absolute.png", "a/../../b.png", "\u4e03.png"]
    with httpx.Client(base_url=guarded.url, timeout=60) as client:
        assert client.get("/").status_code == 200
        for name in names:
            files = {"files": (name, picture_of_a_seven(), "image/png")}
            response = client.post(UPLOAD, files=files)
            if response.status_code != 200:
                assert response.status_code == 400
                continue
            (path,) = response.json()
            assert Path(path).is_relative_to(guarded.folder / "uploads")
            sent = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
            url = "/gradio_api/call/classify"
            event = client.post(url, json=sent).json()["event_id"]
            assert '"digit": 7' in client.get(f"{url}/{event}").text
        foreign = {"Origin": "http://evil.test"}
        many = tree(guarded.folder)
        for _ in range(3):
            assert client.post(UPLOAD, files=files, headers=foreign).status_code == 403
        recording = client.post("/gradio_api/process_recording", files={"video": b"0"})
        assert recording.status_code == 404
    assert tree(guarded.folder) == many
    assert {name.partition("/")[0] for name in many} == {"uploads"}, many
    assert tree(ROOT / "pad") | tree(ROOT / "weights") == before
