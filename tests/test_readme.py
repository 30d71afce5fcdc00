"""The README says what is there."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest
from support.chromium import ROOT

from mnist_core import Classifier

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_front_matter_is_what_a_space_needs() -> None:
    head = README.split("---")[1]
    settings = dict(line.split(": ", 1) for line in head.strip().splitlines())
    assert settings["sdk"] == "gradio"
    assert settings["sdk_version"] == version("gradio")
    assert (ROOT / settings["app_file"]).is_file()
    assert settings["license"] == "apache-2.0"


def test_tree_names_files_that_exist_and_no_module_is_missing() -> None:
    tree = README.split("```\napp.py")[1].split("```")[0]
    folder, named = ROOT, set()
    for line in ("app.py" + tree).splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = ROOT / name if name.endswith("/") else ROOT
            path = ROOT / name
        else:
            path = folder / name
        assert path.exists(), line
        named.add(path)
    for package in ("mnist_core", "pad", "board"):
        modules = {path for path in (ROOT / package).glob("*.py") if path.name[0] != "_"}
        assert modules <= named


def test_shape_table_is_the_default_networks(classifier: Classifier) -> None:
    rows = re.findall(r"^\| `(.+?)` (\w+) \| (.+?) \| ([\d,]*) \|$", README, re.MULTILINE)
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


@pytest.mark.parametrize("script", re.findall(r"python -m (benchmarks\.\w+)", README))
def test_figures_name_benchmarks_that_exist(script: str) -> None:
    assert (ROOT / f"{script.replace('.', '/')}.py").is_file()
