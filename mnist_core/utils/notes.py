"""How a function says what it is doing, before what takes long."""

from collections.abc import Callable
from typing import TypeAlias

Note: TypeAlias = Callable[[str], None]
"""Is called with a line of text."""


def no_note(_line: str) -> None:
    """Say nothing."""
