"""Coverage-guided fuzzing of the readers of files, by atheris.

    pip install atheris && python -m tests.fuzz.guided weights -max_total_time=60

Starts from valid inputs, and ends with the input, in a file of its own, for which a reader raises
anything but MnistCoreError. Options after the target are libFuzzer's, and folders with more inputs.
"""

from __future__ import annotations

import gzip
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mnist_core", "safetensors", "json", "gzip", "PIL"]):
    from PIL import Image

    from mnist_core.data.pendigits import read_pendigits
    from mnist_core.data.unipen import read_unipen
    from mnist_core.errors import MnistCoreError
    from mnist_core.imaging.images import open_picture
    from mnist_core.inference.graph_key import card_in_header, graph_key
    from mnist_core.models.card import ModelCard
    from mnist_core.models.card_file import read_card
    from mnist_core.models.registry import weights_path
    from mnist_core.runs.event_file import EventFile, event_files
    from mnist_core.runs.metric_writer import MetricWriter

    Image.init()  # imports the readers of all formats

_FILE = Path(tempfile.mkdtemp()) / "input"


def _written(content: bytes) -> Path:
    _FILE.write_bytes(content)
    return _FILE


def _weights(content: bytes) -> None:
    # the length of the header first, which random bytes hardly ever have
    path = _written(len(content).to_bytes(8, "little") + content)
    for read in (card_in_header, read_card, graph_key):
        try:
            read(path)
        except MnistCoreError:
            continue


TARGETS: dict[str, Callable[[bytes], object]] = {
    "weights": _weights,
    "card": lambda content: ModelCard.parse(content.decode("utf-8", "replace")),
    "unipen": lambda content: read_unipen(_written(gzip.compress(content, 1))),
    "pendigits": lambda content: read_pendigits(_written(gzip.compress(content, 1))),
    "events": lambda content: list(EventFile(_written(content)).read()),
    "picture": lambda content: open_picture(io.BytesIO(content)),
}


def _header() -> bytes:
    content = weights_path("mnist_cnn").read_bytes()
    return content[8 : 8 + int.from_bytes(content[:8], "little")]


def _events() -> bytes:
    folder = Path(tempfile.mkdtemp())
    writer = MetricWriter(folder)
    writer.write_settings("run", {"epochs": 3, "learning_rate": 0.1})
    writer.write_picture("picture", 1, Image.new("L", (9, 9)))
    writer.close()
    return (folder / event_files(folder)[0]).read_bytes()


def _pictures() -> list[bytes]:
    pictures = []
    for kind, mode in ("PNG", "P"), ("JPEG", "L"), ("GIF", "L"), ("BMP", "RGB"), ("TIFF", "I;16"):
        file = io.BytesIO()
        Image.new(mode, (9, 12)).save(file, kind)
        pictures.append(file.getvalue())
    return pictures


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "weights": lambda: [_header()],
    "card": lambda: [weights_path("mnist_cnn").with_suffix(".json").read_bytes()],
    "unipen": lambda: [b'{"writer": 17, "label": "4", "strokes": [[0, 1, 2, 3], [5, 6]]}\n'],
    "pendigits": lambda: [b'.SEGMENT DIGIT 0 ? "8"\n.PEN_DOWN\n 10 20\n 30 40\n.PEN_UP\n.DT 100\n'],
    "events": lambda: [_events()],
    "picture": _pictures,
}
"""Valid inputs, by target."""


def _corpus(target: str) -> str:
    folder = Path(tempfile.mkdtemp())
    for number, content in enumerate(SEEDS[target]()):
        (folder / str(number)).write_bytes(content)
    return str(folder)


def main() -> None:
    """Fuzz one target until the time is over, or an input fails."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    name = sys.argv.pop(1)
    target = TARGETS[name]
    sys.argv.append(_corpus(name))

    def one_input(content: bytes) -> None:
        try:
            target(content)
        except MnistCoreError:
            return

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
