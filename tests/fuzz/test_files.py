"""Files that are almost right: they are read, or refused with an error that names the cause."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.hostile import almost, as_text, damaged, json_values, names_the_cause

from mnist_core import MnistCoreError
from mnist_core.data.pendigits import read_pendigits
from mnist_core.data.unipen import read_unipen
from mnist_core.evaluation.results import Evaluation
from mnist_core.inference.graph_key import card_in_header, graph_key, stored_card
from mnist_core.models.card import ModelCard
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
from mnist_core.runs.labels import read_baseline, read_labels
from mnist_core.runs.newest_epoch import read_newest_epoch
from mnist_core.runs.origin import read_origin, read_provenance
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import read_row
from mnist_core.runs.run_scorecard import read_scorecard
from mnist_core.training.config import TrainConfig
from mnist_core.utils.json_files import read_json

CARD = json.loads(weights_path("mnist_cnn").with_suffix(".json").read_text(encoding="utf-8"))
UNIPEN = {"writer": 17, "label": "4", "strokes": [[0, 1, 2, 3], [5, 6]]}
PENDIGITS = b'.SEGMENT DIGIT 0 ? "8"\n.PEN_DOWN\n 10 20\n 30 40\n.PEN_UP\n.DT 100\n'
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused_or(read: Callable[[], Any]) -> Any:
    """Return what was read, or None if it was refused with a reason."""
    try:
        return read()
    except MnistCoreError as error:
        names_the_cause(error)
        return None


@given(card=almost(CARD))
def test_cards(card: Any) -> None:
    refused_or(lambda: ModelCard.parse(as_text(card)))
    if isinstance(card, dict):
        refused_or(lambda: ModelCard.parse(card))


@quiet
@given(data=st.data())
def test_headers_of_weights(data: st.DataObject, tmp_path: Path) -> None:
    content = weights_path("mnist_cnn").read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    path = tmp_path / "w.safetensors"
    path.write_bytes(data.draw(damaged(content[:end])) + content[end:])
    refused_or(lambda: card_in_header(path))
    refused_or(lambda: stored_card(path))
    refused_or(lambda: read_card(path))
    assert refused_or(lambda: graph_key(path))


@quiet
@given(row=almost(UNIPEN))
def test_lines_of_unipen(row: Any, tmp_path: Path) -> None:
    path = tmp_path / "digits.jsonl.gz"
    path.write_bytes(gzip.compress(as_text(row).encode("utf-8", "surrogatepass")))
    for drawing in refused_or(lambda: read_unipen(path)) or ():
        assert all(np.isfinite(stroke).all() for stroke in drawing.strokes)


@quiet
@given(text=damaged(PENDIGITS))
def test_lines_of_pendigits(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "digits.gz"
    path.write_bytes(gzip.compress(text))
    for label, strokes in refused_or(lambda: read_pendigits(path)) or ():
        assert 0 <= label <= 9
        assert all(np.isfinite(stroke).all() for stroke in strokes)


@pytest.mark.parametrize("read", [read_unipen, read_pendigits])
@quiet
@given(data=st.data())
def test_compressed_files(read: Callable[[Path], Any], data: st.DataObject, tmp_path: Path) -> None:
    content = gzip.compress(PENDIGITS * 20, mtime=0)
    path = tmp_path / "digits.gz"
    path.write_bytes(data.draw(damaged(content)))
    refused_or(lambda: read(path))


RUN_FILES: dict[str, Callable[[Path], Any]] = {
    "labels.json": read_labels,
    "baseline.json": read_baseline,
    "origin.json": read_origin,
    "provenance.json": read_provenance,
    "newest_epoch.json": read_newest_epoch,
    "scorecard.json": lambda folder: read_scorecard(Run(folder)),
    "config.json": lambda folder: read_json(folder / "config.json", TrainConfig),
    "evaluation.json": lambda folder: read_json(folder / "evaluation.json", Evaluation),
}


@pytest.mark.parametrize("name", RUN_FILES)
@quiet
@given(data=st.data())
def test_files_of_runs(name: str, data: st.DataObject, tmp_path: Path) -> None:
    """Whatever one of them holds, it is read or refused, and the run still has its row."""
    folder = tmp_path / "run"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text("{}")
    text = as_text(data.draw(json_values)).encode("utf-8", "surrogatepass")
    (folder / name).write_bytes(text)
    refused_or(lambda: RUN_FILES[name](folder))
    read_row(Run(folder))
