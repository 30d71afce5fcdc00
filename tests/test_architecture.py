"""Imports point down: a package imports only from the layers below it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from support.chromium import ROOT

LAYERS = (
    "errors",
    "utils",
    "imaging",
    "data",
    "models",
    "training",
    "inference",
    "evaluation",
    "runs",
    "search",
    "figures",
    "reports",
    "publishing",
    "cli",
)
"""Packages of mnist_core, from the ground up."""
WEB_LAYERS = ("drawing", "recognition", "ui", "views", "page")
"""Folders of pad/web/src, from the ground up; main.ts stands above them."""
# entry points: what the package exports, and `python -m mnist_core`
ENTRY_POINTS = ("__init__", "__main__")


def imported_modules(path: Path) -> set[str]:
    """Return the dotted names that a file imports, wherever in the file the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT / "mnist_core").parts[0].removesuffix(".py")


def test_every_package_has_a_layer() -> None:
    found = {layer_of(path) for path in (ROOT / "mnist_core").rglob("*.py")}
    assert found - set(ENTRY_POINTS) == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_imports_only_from_lower_layers(layer: str) -> None:
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    upward = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "mnist_core").rglob("*.py")
        if layer_of(path) == layer
        for name in imported_modules(path)
        if name.startswith("mnist_core.") and name.split(".")[1] not in allowed
    ]
    assert not upward


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("mnist_core", ("pad", "board", "gradio", "streamlit")),
        ("pad", ("board", "mnist_core.cli", "streamlit")),
        ("board", ("pad", "mnist_core.cli", "gradio")),
    ],
)
def test_pages_and_core_stay_apart(package: str, forbidden: tuple[str, ...]) -> None:
    crossing = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported_modules(path)
        if any(name == other or name.startswith(f"{other}.") for other in forbidden)
    ]
    assert not crossing


@pytest.mark.parametrize("layer", WEB_LAYERS)
def test_the_pads_scripts_import_only_from_lower_layers(layer: str) -> None:
    source = ROOT / "pad/web/src"
    allowed = WEB_LAYERS[: WEB_LAYERS.index(layer) + 1]
    upward = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (source / layer).rglob("*.ts")
        for name in re.findall(r'from "(\.[^"]+)"', path.read_text(encoding="utf-8"))
        if (path.parent / name).resolve().relative_to(source).parts[0] not in allowed
    ]
    assert not upward


def test_every_folder_of_the_pads_scripts_has_a_layer() -> None:
    folders = {path.name for path in (ROOT / "pad/web/src").iterdir() if path.is_dir()}
    assert folders == set(WEB_LAYERS)
