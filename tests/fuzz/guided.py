"""Coverage-guided fuzzing of the readers of files, by atheris.

    pip install atheris && python -m tests.fuzz.guided weights -max_total_time=60

Ends with the input, in a file of its own, for which a reader raises anything but MnistCoreError.
Options after the target are libFuzzer's.
"""

from __future__ import annotations

import gzip
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mnist_core", "safetensors", "json", "gzip"]):
    from mnist_core.data.pendigits import read_pendigits
    from mnist_core.data.unipen import read_unipen
    from mnist_core.errors import MnistCoreError
    from mnist_core.imaging.images import open_picture
    from mnist_core.inference.graph_key import card_in_header, graph_key
    from mnist_core.models.card import ModelCard
    from mnist_core.models.card_file import read_card
    from mnist_core.runs.event_file import EventFile

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


def main() -> None:
    """Fuzz one target until the time is over, or an input fails."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    target = TARGETS[sys.argv.pop(1)]

    def one_input(content: bytes) -> None:
        try:
            target(content)
        except MnistCoreError:
            return

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
