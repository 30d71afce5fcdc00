"""The examples run, and an installed package's architecture is trained, exported and read."""

from __future__ import annotations

import runpy
import shutil
import struct
import sys
import tomllib
import zlib
from pathlib import Path

import pytest
from support.chromium import ROOT
from support.drawings import paint, seven, zero
from support.fresh_import import run_fresh
from support.rows import row

from mnist_core.cli import main as cli

EXAMPLES = ROOT / "examples"
OWN = EXAMPLES / "own_architecture"
Capture = pytest.CaptureFixture[str]


def test_a_photo_is_classified(tmp_path: Path, capsys: Capture) -> None:
    paint(seven()).save(tmp_path / "seven.png")
    paint(row([seven(), zero()])[0], size=(400, 200), scale=0.5).save(tmp_path / "row.png")
    script = str(EXAMPLES / "classify_photo.py")
    output = tmp_path / "output"
    output.mkdir()
    one = run_fresh(
        "import runpy, sys; sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')",
        [script, str(tmp_path / "seven.png")],
        tmp_path,
        paths=[str(ROOT)],
        output=output,
        environment={},
    )
    assert (one.returncode, one.stdout[:2]) == (0, "7,"), one.stderr
    main = runpy.run_path(script)["main"]
    assert main(str(tmp_path / "row.png")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:12] for line in lines[1:]] == ["7 in the box", "0 in the box"]
    (tmp_path / "text.png").write_text("no picture")
    # 30,000 x 30,000 pixels in its header
    size = struct.pack(">II", 30_000, 30_000) + bytes([8, 0, 0, 0, 0])
    header = struct.pack(">I4s13sI", 13, b"IHDR", size, zlib.crc32(b"IHDR" + size))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header)
    for name in ("text.png", "bomb.png", "missing.png"):
        assert main(str(tmp_path / name)) == 2
        assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.usefixtures("mnist_root")
def test_two_runs_are_compared(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    script = str(EXAMPLES / "compare_runs.py")
    monkeypatch.setattr(sys, "argv", [script, "200"])
    runpy.run_path(script, run_name="__main__")
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 3
    assert "mnist_cnn_bn" in out


@pytest.mark.usefixtures("mnist_root")
@pytest.mark.parametrize("images", ["-5", "0"])
def test_a_number_of_images_that_cannot_be_is_named(
    images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = str(EXAMPLES / "compare_runs.py")
    monkeypatch.setattr(sys, "argv", [script, images])
    with pytest.raises(
        SystemExit, match=f"error: training_size is {images}; give an integer of at least 1"
    ):
        runpy.run_path(script, run_name="__main__")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder in which the example is installed, as pip would do it."""
    project = tomllib.loads((OWN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = tmp_path / "site"
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir(parents=True)
    shutil.copy(OWN / "wide_net.py", folder)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    ((group, points),) = project["entry-points"].items()
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text(f"[{group}]\n" + "\n".join(lines))
    return folder


USE = """
import sys
from mnist_core.cli.main import main
weights, graph, picture = sys.argv[1:]
train = ["train", "--model", "wide_net", "--epochs", "1", "--training-size", "100"]
train += ["--validation-size", "100", "--device", "cpu", "--augment", "none", "--output", weights]
assert main(train) == 0
assert main(["export", weights, "--output", graph]) == 0
assert main(["predict", "--weights", weights, picture]) == 0
from mnist_core.training.config import FIELDS
assert "wide_net" in FIELDS["model"].choices
assert main(["train", "--model", "wide_net", "--kernel-size", "3"]) == 2
"""


@pytest.mark.usefixtures("exporter_lists_operators_once")
def test_an_installed_architecture_is_used_as_the_others(
    installed: Path, tmp_path: Path, mnist_root: Path, capsys: Capture
) -> None:
    paint(seven()).save(tmp_path / "seven.png")
    files = [tmp_path / name for name in ("own.safetensors", "own.onnx", "seven.png")]
    folders = {"MNIST_ROOT": str(mnist_root), "MNIST_RUNS": str(tmp_path / "runs")}
    output = tmp_path / "output"
    output.mkdir()
    found = run_fresh(
        USE,
        [str(file) for file in files],
        tmp_path,
        paths=[str(installed), str(ROOT)],
        output=output,
        environment=folders,
    )
    assert found.returncode == 0, found.stderr
    assert "wide_net:wide_net cannot build wide_net with kernel_size 3" in found.stderr
    # without the package, its weights say what is missing
    assert cli.main(["predict", "--weights", str(files[0]), str(files[2])]) == 2
    assert "unknown architecture 'wide_net'" in capsys.readouterr().err
