"""Without an extra, the commands that need it say how to install it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from support.chromium import ROOT
from support.fresh_import import run_fresh

PACKAGES = ["optuna", "sqlalchemy", "onnx", "onnxruntime", "onnxscript", "gradio", "streamlit"]
RUN_EACH = """
import contextlib, io, json

from board.__main__ import main as dashboard
from mnist_core.cli.main import main as command_line
from pad.__main__ import main as pad

def run(command, arguments):
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        return command(arguments), errors.getvalue()

print(json.dumps({
    "sweep": run(command_line, ["sweep", "--trials", "1"]),
    "export": run(command_line, ["export", "mnist_cnn", "--output", "digits.onnx"]),
    "drawpad": run(pad, []),
    "drawpad-dashboard": run(dashboard, []),
}))
"""


def test_missing_extras_are_named(tmp_path: Path) -> None:
    import_module("streamlit.web.cli")  # as other tests of this process do
    process = run_fresh(
        RUN_EACH,
        [],
        ROOT,
        paths=[str(ROOT)],
        output=tmp_path,
        environment={},
        without=PACKAGES,
    )
    assert process.returncode == 0, process.stderr
    responses = json.loads(process.stdout)
    extras = {"sweep": "search", "export": "export"}
    extras |= {"drawpad": "pad", "drawpad-dashboard": "dashboard"}
    for name, (status, message) in responses.items():
        assert status == 2
        assert message.startswith("error: ")
        assert f'pip install "drawpad[{extras[name]}]"' in message
