"""Which modules a program can import, found without importing them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_core.errors import MnistCoreError
from mnist_core.publishing import import_closure
from mnist_core.publishing.import_closure import ImportClosure

SOURCES = {
    "app/__init__.py": "",
    "app/main.py": """
from typing import TYPE_CHECKING
import json
import numpy.linalg
from lib import Answer
from lib.paths import find
if TYPE_CHECKING:
    import torch
    from lib.heavy import Network

def run():
    from lib import later
    from lib import heavy
    import lib.heavy_too
    import PIL.Image

class Reader:
    import scipy
""",
    "lib/__init__.py": "import lazy_loader\n",
    "lib/__init__.pyi": "from .answers import Answer\nfrom .heavy import Network\n",
    "lib/answers.py": "from . import errors\n",
    "lib/errors.py": "",
    "lib/paths.py": "try:\n    from .deep import find\nexcept ImportError:\n    find = None\n",
    "lib/deep/__init__.py": "from ..errors import x\n",
    "lib/later.py": "def f():\n    import torch\n",
    "lib/heavy.py": "import torch\n",
    "lib/heavy_too.py": "from lib import heavy\n",
    "lib/unused.py": "import pandas\n",
}


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, Path]:
    for name, text in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {"app": tmp_path / "app", "lib": tmp_path / "lib"}


def test_closure_has_what_can_be_imported_without_torch(packages: dict[str, Path]) -> None:
    found = import_closure(["app.main"], packages, ["torch"])
    assert found == ImportClosure(
        {
            "app": packages["app"] / "__init__.py",
            "app.main": packages["app"] / "main.py",
            "lib": packages["lib"] / "__init__.py",
            "lib.answers": packages["lib"] / "answers.py",
            "lib.deep": packages["lib"] / "deep/__init__.py",
            "lib.errors": packages["lib"] / "errors.py",
            "lib.later": packages["lib"] / "later.py",
            "lib.paths": packages["lib"] / "paths.py",
        },
        frozenset({"numpy", "lazy_loader", "scipy", "PIL"}),
    )


def test_a_root_that_needs_torch_is_named(packages: dict[str, Path]) -> None:
    with pytest.raises(MnistCoreError, match=r"lib.heavy_too cannot be imported without torch"):
        import_closure(["app.main", "lib.heavy_too"], packages, ["torch"])


def test_a_file_that_is_not_python_is_named(packages: dict[str, Path]) -> None:
    (packages["lib"] / "answers.py").write_text("def", encoding="utf-8")
    with pytest.raises(MnistCoreError, match=r"answers.py: cannot be read as Python"):
        import_closure(["app.main"], packages, ["torch"])
