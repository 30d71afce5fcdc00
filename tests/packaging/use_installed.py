"""What test_wheel.py runs with the installed package: classify, train, promote, draw the dashboard.

The run that is promoted has the weights of a shipped model, whose graph is found in the cache:
an export would take most of the time. Prints JSON.
`python use_installed.py FOLDER`, with the folder for the run.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

import board
import mnist_core
from mnist_core import TrainConfig, load_classifier
from mnist_core.data.mnist import Split
from mnist_core.inference.graph_files import cached_graph
from mnist_core.inference.graph_key import graph_key
from mnist_core.models.registry import graph_path, weights_path
from mnist_core.runs.promotion import promote
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute


def main(folder: Path) -> None:
    """Use the package as a program does."""
    image = Image.new("L", (120, 120), 255)
    ImageDraw.Draw(image).line([(30, 25), (90, 25), (55, 100)], 0, 8)
    digit = load_classifier().classify(image).digit

    split = Split(torch.rand(100, 1, 28, 28), torch.arange(100) % 10)
    config = TrainConfig(model="mnist_cnn", epochs=1, augment="none", device="cpu")
    run = create_run(config, folder)
    assert execute(run, splits=(split, split)).status == "finished"
    shipped = weights_path("mnist_cnn")
    shutil.copy(shipped, run.weights_path)
    cached = cached_graph(graph_key(run.weights_path))
    cached.parent.mkdir(parents=True)
    shutil.copy(graph_path(shipped), cached)
    promoted = promote(run, "mine")

    script = Path(board.__file__).parent / "script/dashboard.py"
    page = AppTest.from_file(str(script), default_timeout=120).run()
    responses = {
        "package": str(Path(mnist_core.__file__).parent),
        "version": mnist_core.__version__,
        "digit": digit,
        "promoted": str(promoted),
        "has_graph": graph_path(promoted).is_file(),
        "offered": mnist_core.available_models(),
        "titles": [title.value for title in page.title],
        "exceptions": [error.value for error in page.exception],
    }
    print(json.dumps(responses))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
