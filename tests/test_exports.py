"""Every package exports the names that its `__init__.pyi` lists."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest
from support.chromium import ROOT

PACKAGES = sorted(path.parent.name for path in (ROOT / "mnist_core").glob("*/__init__.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_is_for_and_exports_its_public_names(package: str) -> None:
    module = importlib.import_module(f"mnist_core.{package}")
    assert module.__doc__
    assert module.__all__
    for name in module.__all__:
        assert not isinstance(getattr(module, name), ModuleType), name
