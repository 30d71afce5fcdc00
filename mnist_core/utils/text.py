"""Text from files and people, made safe to print on a terminal and to show in one line."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"  # needed by several scripts and by emoji
_DROPPED = {"Cf", "Cs"}  # formatting (among it the bidirectional overrides) and lone surrogates


def single_line(text: str, limit: int = 1000) -> str:
    """Return text in one line without control characters, clipped to `limit` characters.

    Escape sequences of terminals lose their effect: the escape character becomes a space.
    """
    safe = (
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in text[: 4 * limit]
        if unicodedata.category(char) not in _DROPPED or char in _JOINERS
    )
    line = " ".join("".join(safe).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
