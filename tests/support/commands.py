"""What the tests of commands share."""

from __future__ import annotations

import pytest

Capture = pytest.CaptureFixture[str]


def failed(capsys: Capture) -> str:
    """Return the error of a command that failed: no traceback, no other output."""
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.startswith("error: ")
    assert "Traceback" not in out.err
    return out.err
