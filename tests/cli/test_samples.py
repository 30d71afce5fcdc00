from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_core.cli import main as cli
from mnist_core.data.allographs import NON_DIGIT_KINDS, TEMPLATES

ROWS = sum(map(len, TEMPLATES.values())) + len(NON_DIGIT_KINDS)


def test_a_sheet_of_every_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / f"new/{name}.png" for name in ("a", "b", "c")]
    for file, seed in zip(files, ("0", "0", "1"), strict=True):
        command = ["samples", "--output", str(file), "--count", "3", "--seed", seed]
        assert cli.main(command) == 0
    assert f"wrote {files[0]}" in capsys.readouterr().out
    first, again, other = (np.asarray(Image.open(file)) for file in files)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape[0] == -(-ROWS // 2) * 56
    # dark ink on white in every row of both columns
    middle = first.shape[1] // 2
    cells = [first[56 * n % first.shape[0] :][:56] for n in range(ROWS)]
    for number, row in enumerate(cells):
        half = row[:, :middle] if number < len(first) // 56 else row[:, middle:]
        assert (half[:, -150:] < 60).sum() > 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "sheet.jpg"], "give a file ending in .png"),
        (["--output", "sheet.png", "--count", "0"], "--count is 0; give 1 to 100"),
        (["--output", "sheet.png", "--seed", "-1"], "--seed is -1"),
    ],
)
def test_what_cannot_be_drawn(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["samples", *arguments]) == 2
    assert message in capsys.readouterr().err
