"""What the page Watch shows."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from mnist_core.runs.run import Run


def metric(page: AppTest, label: str) -> str:
    return next(box.value for box in page.metric if box.label == label)


def numbers(values: dict[str, str]) -> np.ndarray:
    """Return what plotly packed into JSON."""
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


def chart(page: AppTest, title: str) -> dict:
    """Return what is drawn under a title: the figure as JSON."""
    for block in page.get("bidi_component"):
        data = json.loads(block.proto.json)
        if data["title"] == title:
            return json.loads(data["figure"])
    raise AssertionError(f"no chart {title}")


def copy_of(run: Run, folder: Path) -> Run:
    """Return a copy without the large files."""
    copy = Run(folder)
    folder.mkdir()
    for path in (run.config_path, run.state_path):
        shutil.copyfile(path, folder / path.name)
    return copy
