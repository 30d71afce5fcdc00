"""The folder of a model repository: weights, graph, card and an example."""

from pathlib import Path

from mnist_core.inference.graph_files import load_graph
from mnist_core.inference.imaging_graphs import FIND_INK
from mnist_core.models.registry import imaging_graph_path
from mnist_core.publishing.folder import add_file, license_text, new_folder
from mnist_core.publishing.model_card import model_card
from mnist_core.publishing.requirements import pinned_requirements

_EXAMPLE = '''"""Classify a picture of a digit.

pip install -r requirements.txt
python example.py PICTURE
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before onnxruntime is imported

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

FOLDER = Path(__file__).parent


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python example.py PICTURE")
    picture = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("L")
    picture.thumbnail((512, 512))  # find_ink takes sides of 8 to 512 pixels
    grey = np.asarray(picture, np.float32) / 255

    find_ink = onnxruntime.InferenceSession(FOLDER / "find_ink.onnx")
    (canvas,) = find_ink.run(["canvas"], {"grey": grey})
    model = onnxruntime.InferenceSession(FOLDER / "model.onnx")
    outputs = ["probabilities", "digit_score", "blank"]
    (probabilities,), (score,), (blank,) = model.run(outputs, {"canvas": canvas})

    if blank:
        print("the picture is blank")
        return
    for digit in np.argsort(-probabilities)[:3]:
        print(f"{digit}  {probabilities[digit]:.2%}")
    print(f"probability that it is a single digit: {score:.2%}")


if __name__ == "__main__":
    main()
'''


def compose_model(folder: Path, weights: Path, name: str) -> None:
    """Compose the folder of a model repository.

    `model.safetensors` (with its card in the header), `model.onnx` (from the ink canvas to
    probabilities and feature maps), `find_ink.onnx` (from a picture to its ink canvas),
    `example.py` with `requirements.txt`, `README.md` and `LICENSE`.

    Parameters
    ----------
    folder : Path
        New or empty.
    weights : Path
        A weights file; its graph is exported if there is none yet.
    name : str
        What the card calls the model.

    Raises
    ------
    MnistCoreError
        If the weights cannot be used or exported, or the folder cannot be written.
    """
    graph = load_graph(weights)
    with new_folder(folder):
        add_file(folder, "model.safetensors", weights)
        add_file(folder, "model.onnx", graph.path)
        add_file(folder, "find_ink.onnx", imaging_graph_path(FIND_INK))
        add_file(folder, "example.py", _EXAMPLE)
        requirements = pinned_requirements(["numpy", "onnxruntime", "PIL"])
        add_file(folder, "requirements.txt", "\n".join(requirements) + "\n")
        add_file(folder, "LICENSE", license_text())
        add_file(folder, "README.md", model_card(weights, name, graph.description))
