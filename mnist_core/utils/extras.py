"""Optional dependencies: the error when one is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from mnist_core.errors import MnistCoreError

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
        If one is not installed; the message says how to install the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in _OWN_PACKAGES:
            raise
        raise MnistCoreError(
            f'{package} is not installed; pip install "drawpad[{extra}]"'
        ) from error
