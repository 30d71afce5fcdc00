"""The dashboard's command: what it is given wrongly is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.web.server.app_discovery import discover_asgi_app
from support.asgi import ask
from support.board_app import open_page, page_text
from support.chromium import ROOT
from support.threads import run

from board.__main__ import main
from board.access.known_hosts import KnownHosts
from board.access.password import PASSWORD


def test_what_is_no_password_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(prompt: str) -> str:
        raise EOFError

    for give, message in ((lambda prompt: "\udcff", "UTF-8"), (nothing, "no password was given")):
        monkeypatch.setattr("getpass.getpass", give)
        assert main(["hash-password"]) == 2
        assert message in capsys.readouterr().err
    assert main(["hash-password", "secret"]) == 2, "and does not start the dashboard"
    assert "give nothing after it" in capsys.readouterr().err
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    monkeypatch.setenv(PASSWORD, "\udcff")  # bytes that are no text
    page = open_page("runs")
    assert f"{PASSWORD}: the password is not text in UTF-8" in page_text(page)
    assert not page.button


@pytest.mark.parametrize("error", [OverflowError("port must be 0-65535"), OSError(99, "no")])
def test_an_address_that_cannot_be_listened_on_is_named(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(arguments: list[str], prog_name: str) -> None:
        raise error  # as a socket does

    monkeypatch.setattr("streamlit.web.cli.main", refuse)
    assert main(["--server.port", "99999"]) == 2
    assert "--server.address, and a --server.port from 1 to 65535" in capsys.readouterr().err


async def served(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request as Streamlit answers one for a static file."""
    kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
    await send({"type": kind, "status": 200})


def test_nothing_is_served_to_a_foreign_host() -> None:
    guarded = KnownHosts(served)
    for host in ("127.0.0.1:8501", "[::1]:8501", "localhost", "192.168.0.7"):
        assert ask(guarded, "/static/app.js", "GET", host=host) == (200, "")
    status, text = ask(guarded, "/static/app.js", "GET", host="evil.test:8501")
    assert status == 421
    assert "start it with --server.allowedHosts evil.test." in text
    assert ask(guarded, "/", "GET")[0] == 421, "without a name"

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    for host in (b"evil.test", b"localhost"):
        run(guarded({"type": "websocket", "headers": [(b"host", host)]}, None, send))
    assert [one["type"] for one in sent] == ["websocket.close", "websocket.accept"]


def test_streamlit_serves_the_application() -> None:
    assert discover_asgi_app(ROOT / "dashboard.py").import_string == "dashboard:app"
