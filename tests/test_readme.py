"""The README agrees with the repository."""

from __future__ import annotations

import gzip
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from support.chromium import ROOT

from mnist_core import Classifier, __version__

README = (ROOT / "README.md").read_text(encoding="utf-8")
STRUCTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
ALL = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_front_matter_is_what_a_space_needs() -> None:
    head = README.split("---")[1]
    settings = dict(line.split(": ", 1) for line in head.strip().splitlines())
    assert settings["sdk"] == "gradio"
    assert settings["sdk_version"] == version("gradio")
    assert (ROOT / settings["app_file"]).is_file()
    assert settings["license"] == "apache-2.0"


def test_citation_has_the_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {__version__}" in citation


def test_tree_has_one_line_for_each_package() -> None:
    tree = STRUCTURE.split("```\nmnist_core/\n")[1].split("```")[0].splitlines()
    inner = {line.split()[0] for line in tree if line.startswith(" ")}
    packages = {path.parent.name for path in (ROOT / "mnist_core").glob("*/__init__.py")}
    assert inner == {f"{name}/" for name in packages} | {"errors.py"}
    assert all((ROOT / line.split()[0]).exists() for line in tree if not line.startswith(" "))


def test_shape_table_is_the_default_networks(classifier: Classifier) -> None:
    rows = re.findall(r"^\| `(.+?)` (\w+) \| (.+?) \| ([\d,]*) \|$", STRUCTURE, re.MULTILINE)
    expected = [
        (
            layer.name,
            layer.kind,
            "×".join(map(str, layer.output_shape)),
            f"{layer.parameters:,}" if layer.parameters else "",
        )
        for layer in classifier.shapes
    ]
    assert rows == expected


@pytest.mark.parametrize("script", sorted(set(re.findall(r"python -m (benchmarks\.\w+)", ALL))))
def test_figures_name_benchmarks_that_exist(script: str) -> None:
    assert (ROOT / f"{script.replace('.', '/')}.py").is_file()


@pytest.mark.parametrize("page", sorted(set(PAGES)), ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_sizes_of_what_a_browser_loads_are_those_of_the_files() -> None:
    stated = re.search(
        r"([\d.]+) MB of WebAssembly and the model \(`default`: ([\d.]+) MB\)", README
    )
    assert stated is not None
    wasm = (ROOT / "pad/web/dist/onnxruntime.wasm.gz").stat().st_size
    graph = len(gzip.compress((ROOT / "weights/default.onnx").read_bytes(), 6))
    assert [float(size) for size in stated.groups()] == [
        round(size / 1e6, 1) for size in (wasm, graph)
    ]
