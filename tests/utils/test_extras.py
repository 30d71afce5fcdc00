"""Packages that are not installed, or refuse a value of the environment, are named."""

from __future__ import annotations

import importlib
import os

import pytest

from mnist_core import MnistCoreError
from mnist_core.utils.extras import requires_extra


def test_a_package_that_is_not_installed() -> None:
    with (
        pytest.raises(MnistCoreError, match=r'nosuch is not installed; pip install "drawpad\[pad'),
        requires_extra("pad"),
    ):
        importlib.import_module("nosuch.module")


def test_a_value_of_the_environment_that_a_package_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith(("GRADIO_", "HF_", "STREAMLIT_"))]:
        monkeypatch.delenv(name)
    with pytest.raises(ValueError, match="invalid literal"), requires_extra("pad"):
        int("abc")  # of another cause
    monkeypatch.setenv("GRADIO_NUM_PORTS", "abc")
    with (
        pytest.raises(MnistCoreError, match=r"cannot be used .*'abc'.*: check GRADIO_NUM_PORTS"),
        requires_extra("pad"),
    ):
        int(os.environ["GRADIO_NUM_PORTS"])
