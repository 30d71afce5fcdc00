from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.unipen import DIGITS, LETTERS

from mnist_core import MnistCoreError
from mnist_core.data.pendigits import read_pendigits
from mnist_core.data.unipen import read_unipen, read_unipen_digits
from mnist_core.utils.json_files import MissingFileError

LINE = '{"writer": 17, "label": "4", "strokes": [[0, 1, 2, 3], [5, 6]]}\n'


def write(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_a_line_is_a_drawing(tmp_path: Path) -> None:
    file = write(tmp_path / "digits.jsonl.gz", LINE + "\n" + LINE.replace('"4"', '"Q"'))
    first, second = read_unipen(file)
    assert (first.writer, first.label, second.label) == (17, "4", "Q")
    assert [stroke.tolist() for stroke in first.strokes] == [[[0, 1], [2, 3]], [[5, 6]]]
    assert first.strokes[0].dtype == np.float64
    ((label, strokes),) = read_unipen_digits(file)
    assert label == 4
    assert len(strokes) == 2


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '{"writer": 1, "label": "4"}',
        '{"writer": 1, "label": "4", "strokes": []}',
        '{"writer": 1, "label": "4", "strokes": [[1, 2, 3]]}',
        '{"writer": 1, "label": "4", "strokes": [["a", "b"]]}',
        '{"writer": 1, "label": "4", "strokes": [[1, NaN]]}',
        '{"writer": 1, "label": 4, "strokes": [[1, 2]]}',
        '{"writer": null, "label": "4", "strokes": [[1, 2]]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(MnistCoreError, match="line 2"):
        read_unipen(write(tmp_path / "digits.jsonl.gz", LINE + line))


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "plain.gz").write_text(LINE)
    truncated = write(tmp_path / "truncated.gz", LINE * 1000)
    truncated.write_bytes(truncated.read_bytes()[:-20])
    for file in (tmp_path / "plain.gz", truncated, tmp_path):
        with pytest.raises(MnistCoreError, match="not UNIPEN"):
            read_unipen(file)


@pytest.mark.parametrize("read", [read_unipen, read_unipen_digits, read_pendigits])
def test_a_file_that_is_missing(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(MissingFileError, match=r"missing\.gz: there is no such file$"):
        read(tmp_path / "missing.gz")


@pytest.mark.skipif(not DIGITS.is_file(), reason=f"no UNIPEN in {DIGITS.parent}; set UNIPEN")
def test_the_shared_files() -> None:
    digits = read_unipen_digits(DIGITS)
    assert len(digits) == 8673
    assert {label for label, _ in digits} == set(range(10))
    assert len({drawing.writer for drawing in read_unipen(DIGITS)}) == 106
    letters = read_unipen(LETTERS)
    assert len(letters) == 3000
    assert not read_unipen_digits(LETTERS)
