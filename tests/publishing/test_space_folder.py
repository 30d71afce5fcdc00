"""The folder of a Space: what is in it, and that it serves the pad without torch."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import httpx
import pytest
from huggingface_hub import RepoCard
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright
from support.chromium import CHROMIUM, DESKTOP, ROOT, SHORT_LIVED, free_port, launch_chromium
from support.drawings import seven
from support.pad_page import PadPage
from support.proxy import proxy_below
from support.threads import in_thread
from support.waiting import until

from mnist_core.errors import MnistCoreError
from mnist_core.publishing import compose_space
from mnist_core.publishing.folder import check_sizes, file_sizes

OWN = {"pad", "mnist_core"}
ROOT_PATH = "/behind/a/proxy"
START = """
import os, runpy, sys
for name in ("torch", "torchvision"):
    sys.modules[name] = None  # as if it were not installed
sys.path.insert(0, os.getcwd())
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publish") / "space"
    composed = compose_space(folder)
    assert composed.models[0] == "default"
    assert set(composed.models) == {"default", "student", "mnist_cnn"}
    assert composed.left_out.keys() == {"ensemble"}
    return folder


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the top-level names that a file imports, and whether in a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_checkers = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    in_functions = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_checkers:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        yield from ((name.partition(".")[0], node in in_functions) for name in names)


def test_folder_has_what_the_pad_uses_and_nothing_else(space: Path) -> None:
    names = set(file_sizes(space))
    assert {"app.py", "README.md", "LICENSE", "requirements.txt", "pad/page.py"} <= names
    assert {"pad/web/dist/onnxruntime.wasm.gz", "pad/web/strings/zh.json"} <= names
    assert {
        "weights/default.onnx",
        "weights/student.safetensors",
        "weights/mnist_cnn.json",
    } <= names
    assert "weights/imaging/find_ink.onnx" in names
    assert {name.partition("/")[0] for name in names if "/" in name} == {*OWN, "weights"}
    for part in (
        "src/",
        "tests",
        "node_modules",
        "package",
        ".ts",
        ".pyc",
        ".mjs",
        "manifest.json",
    ):
        assert not [name for name in names if part in name]
    for package in ("training", "runs", "search", "cli", "reports", "evaluation", "publishing"):
        assert f"mnist_core/{package}/__init__.py" not in names
    assert len((space / "app.py").read_text(encoding="utf-8").splitlines()) == 3


def test_the_readme_says_how_large_it_is(space: Path) -> None:
    stated = re.search(r"without torch: ([\d.]+) MB", (ROOT / "README.md").read_text())
    assert stated is not None
    assert float(stated[1]) == round(sum(file_sizes(space).values()) / 1e6, 1)


def test_requirements_cover_every_import_and_not_torch(space: Path) -> None:
    lines = (space / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}
    assert not {"torch", "torchvision"} & required.keys()
    assert required["gradio"].extras == {"mcp"}
    for name, requirement in required.items():
        assert version(name) in requirement.specifier
        assert [specifier.operator for specifier in requirement.specifier] == ["=="]
    distributions = packages_distributions()
    for path in space.rglob("*.py"):
        for module, in_function in imports(path):
            if module in sys.stdlib_module_names or module in OWN:
                continue
            if module == "torch":
                assert in_function, path  # of functions that the pad does not call
                continue
            assert canonicalize_name(distributions[module][0]) in required, f"{path}: {module}"


def test_front_matter_is_what_a_space_needs(space: Path) -> None:
    settings = RepoCard.load(space / "README.md").data.to_dict()
    assert settings["sdk"] == "gradio"
    assert settings["sdk_version"] == version("gradio")
    assert (space / settings["app_file"]).is_file()
    assert settings["python_version"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert settings["license"] == "apache-2.0"
    assert len(settings["short_description"]) <= 60  # the Hub's limit


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(MnistCoreError, match="is not empty; give another --output"):
        compose_space(tmp_path)
    assert list(file_sizes(tmp_path)) == ["mine.txt"]


def test_sizes_are_limited(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.bin").write_bytes(b"0" * 9_000_000)
    with pytest.raises(MnistCoreError, match=r"27.00 MB, more than 25.00 MB"):
        check_sizes(tmp_path)
    (tmp_path / "b.bin").write_bytes(b"0" * 10_000_001)
    with pytest.raises(MnistCoreError, match=r"b.bin has 10.00 MB, more than 10.00 MB"):
        check_sizes(tmp_path)


def without_privileges() -> list[str]:
    """Return the beginning of a command that takes root's privileges, where that is possible."""
    prefix = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
    if os.geteuid() or shutil.which(prefix[0]) is None:
        return []
    return [] if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode else prefix


@pytest.fixture(scope="module")
def python(space: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter: this one, or with FRESH_SPACE=1 one with the Space's requirements only."""
    if not os.environ.get("FRESH_SPACE"):
        return sys.executable
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    fresh = str(folder / "bin/python")
    requirements = str(space / "requirements.txt")
    subprocess.run([fresh, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    assert subprocess.run([fresh, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode
    return fresh


@pytest.fixture
def served(space: Path, python: str, tmp_path: Path) -> Iterator[str]:
    """The address of the Space's page: read-only files, no HOME, no torch, a root path."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp_path),
        "SYSTEM": "spaces",
        "SPACE_ID": "tester/pad",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_ROOT_PATH": ROOT_PATH,
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    paths = [space, *space.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & 0o555)
    before = file_sizes(space)
    command = [*without_privileges(), python, "-I", "-B", "-c", START]
    log = tmp_path / "log.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=space, env=environment, stdout=subprocess.DEVNULL, stderr=stderr
        )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None
        try:
            return httpx.get(url, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers)
        yield url
    finally:
        process.kill()
        process.wait()
        for path in paths:
            path.chmod(path.stat().st_mode | 0o200)
    assert file_sizes(space) == before
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_composed_folder_serves_and_classifies_behind_a_proxy(served: str, tmp_path: Path) -> None:
    page = httpx.get(served).text
    assert "<title>Drawpad for digits</title>" in page
    assert f'<meta property="og:url" content="{served}{ROOT_PATH}/">' in page
    picture = Image.new("L", (120, 120), 255)
    ImageDraw.Draw(picture).line([(30, 25), (90, 25), (55, 100)], 0, 8)
    picture.save(tmp_path / "seven.png")
    api = f"{served}/gradio_api"
    with open(tmp_path / "seven.png", "rb") as file:
        (path,) = httpx.post(f"{api}/upload", files={"files": file}).json()
    data = [{"path": path, "meta": {"_type": "gradio.FileData"}}]
    event = httpx.post(f"{api}/call/classify", json={"data": data}).json()["event_id"]
    answer = httpx.get(f"{api}/call/classify/{event}", timeout=60).text
    (result,) = last_data(answer)
    assert result["digit"] == 7
    assert result["is_digit"]
    # Gradio's own folder is one that all users share
    assert not (tmp_path / "gradio").exists()
    if CHROMIUM is not None:
        in_thread(draw_behind_a_proxy, served)


def draw_behind_a_proxy(served: str) -> None:
    with proxy_below(ROOT_PATH, served) as (url, outside), sync_playwright() as playwright:
        pad = PadPage(
            launch_chromium(playwright, *SHORT_LIVED).new_page(**DESKTOP), url, runs="browser"
        )
        pad.draw(seven())
        pad.settle()
        pad.expect_digit(7)
        assert (outside, pad.outside, pad.errors) == ([], [], [])


def last_data(events: str) -> Any:
    """Return the data of the last server-sent event."""
    lines = [line for line in events.splitlines() if line.startswith("data: ")]
    return json.loads(lines[-1].removeprefix("data: "))
