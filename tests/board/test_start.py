"""The dashboard's command: what it is given wrongly is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.board_app import open_page, page_text

from board.__main__ import main
from board.access.password import PASSWORD


def test_what_is_no_password_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(prompt: str) -> str:
        raise EOFError

    for ask, message in ((lambda prompt: "\udcff", "UTF-8"), (nothing, "no password was given")):
        monkeypatch.setattr("getpass.getpass", ask)
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
