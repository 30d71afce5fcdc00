"""Optional dependencies: the error when one is not installed, or cannot be used."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from mnist_core.errors import MnistCoreError

_VARIABLES = ("GRADIO_", "HF_", "STREAMLIT_")
_OWN_PACKAGES = ("mnist_core", "pad", "board")


@contextmanager
def requires_extra(extra: str) -> Iterator[None]:
    """Import optional dependencies in this block.

    Parameters
    ----------
    extra : str
        The extra of pyproject.toml that has them: "pad", "dashboard", "search" or "export".

    Raises
    ------
    MnistCoreError
        If one is not installed; the message says how to install the extra. If one refuses the
        value of an environment variable, as `explains_environment`.
    """
    try:
        with explains_environment():
            yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in _OWN_PACKAGES:
            raise
        raise MnistCoreError(
            f'{package} is not installed; pip install "drawpad[{extra}]"'
        ) from error


@contextmanager
def explains_environment() -> Iterator[None]:
    """Explain a ValueError of a package that reads environment variables in this block.

    Raises
    ------
    MnistCoreError
        With the names of the variables that are set for Gradio, Streamlit and huggingface_hub.
    """
    try:
        yield
    except ValueError as error:
        names = [name for name in sorted(os.environ) if name.startswith(_VARIABLES)]
        if not names:
            raise
        raise MnistCoreError(
            f"an environment variable has a value that cannot be used ({error}): "
            f"check {', '.join(names)}"
        ) from error
