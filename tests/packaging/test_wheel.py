"""The wheel, installed and used from another folder where the checkout cannot be imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.chromium import ROOT, serving

import mnist_core
from mnist_core.inference.imaging_graphs import GRAPHS

SHIPPED = ["default", "ensemble", "mnist_cnn", "student"]
WEB = (
    "sketchpad.html",
    "sketchpad.css",
    "drawing.css",
    "network.css",
    "layout.css",
    "place.css",
    "dist/sketchpad.js",
    "dist/recognizer.js",
    "dist/onnxruntime.wasm.gz",
    "favicon.png",
    "preview.png",
    "strings/en.json",
    "strings/zh.json",
)
"""What the pad's page uses of pad/web; the rest is for building it."""


def run(*command: str, folder: Path, environment: dict[str, str] | None = None) -> str:
    """Return what a command prints; its errors are shown."""
    process = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, timeout=300
    )
    assert process.returncode == 0, process.stdout
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    run(sys.executable, "-m", *build, folder=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("installed") / "site"
    options = ("--quiet", "--no-deps", "--no-index", "--target", str(folder))
    run(sys.executable, "-m", "pip", "install", *options, str(wheel), folder=folder.parent)
    return folder


@pytest.fixture(scope="module")
def environment(site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a user who has set none of the project's."""
    home = str(tmp_path_factory.mktemp("home"))
    own = {"HOME": home, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MNIST_", "XDG_", "PYTHON", "STREAMLIT_", "GRADIO_"))
    }
    return {**inherited, **own}


@pytest.fixture(scope="module", autouse=True)
def _package_stays_as_it_was_installed(site: Path) -> Any:
    def files() -> dict[str, tuple[int, int]]:
        found = {str(path): path.stat() for path in site.rglob("*")}
        return {path: (status.st_size, status.st_mtime_ns) for path, status in found.items()}

    before = files()
    yield
    assert files() == before


def test_wheel_has_the_files_that_are_not_python(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    in_checkout = {
        str(path.relative_to(ROOT))
        for package in ("mnist_core", "pad", "board")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name != "component.pyi"  # by gradio
        if not path.is_relative_to(ROOT / "pad/web")
    }
    assert in_checkout <= names
    assert {name for name in names if name.startswith("pad/web/")} == {
        f"pad/web/{name}" for name in WEB
    }
    assert {f"mnist_core/weights/{name}.safetensors" for name in SHIPPED} <= names
    graphs = {f"mnist_core/weights/imaging/{name}.onnx" for name in GRAPHS}
    assert {*graphs, "mnist_core/weights/default.onnx"} <= names
    assert {"board/script/dashboard.py", "board/script/.streamlit/config.toml"} <= names
    outside = {name.partition("/")[0] for name in names} - {"mnist_core", "pad", "board"}
    assert outside == {f"drawpad-{mnist_core.__version__}.dist-info"}


def test_command_lists_the_shipped_models(
    site: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    command = str(site / "bin/mnist-core")
    output = run(sys.executable, command, "weights", folder=tmp_path, environment=environment)
    _header, *rows = output.splitlines()
    assert [row.split()[0] for row in rows] == SHIPPED


def test_installed_package_composes_a_space(
    site: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    command = (sys.executable, str(site / "bin/mnist-core"), "publish", "--space", "pad")
    output = run(*command, "--dry-run", folder=tmp_path, environment=environment)
    files = [line.split()[0] for line in output.splitlines()]
    assert {"app.py", "LICENSE", "pad/page.py", "weights/default.onnx"} <= set(files)
    assert not list(tmp_path.iterdir())


def test_program_classifies_trains_and_promotes(
    site: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    script = str(Path(__file__).with_name("use_installed.py"))
    output = run(
        sys.executable, script, str(tmp_path / "runs"), folder=tmp_path, environment=environment
    )
    responses = json.loads(output.splitlines()[-1])
    assert Path(responses["package"]) == site / "mnist_core"
    assert responses["version"] == mnist_core.__version__
    assert responses["digit"] == 7
    assert Path(responses["promoted"]).is_relative_to(environment["HOME"])
    assert responses["has_graph"]
    assert responses["offered"] == [*SHIPPED, "mine"]
    assert responses["titles"] == ["Runs"]
    assert not responses["exceptions"]


@pytest.mark.parametrize("command", ["drawpad", "drawpad-dashboard"])
def test_command_serves_its_page(
    command: str, site: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with serving(site / "bin" / command, environment, tmp_path) as server:
        foreign = httpx.get(server.url, headers={"Host": "evil.test"})
    if command == "drawpad-dashboard":
        assert (foreign.status_code, "--server.allowedHosts evil.test" in foreign.text) == (
            421,
            True,
        )
    assert not list(tmp_path.iterdir())
