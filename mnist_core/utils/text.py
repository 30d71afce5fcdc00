"""Text from files and people, made safe to print on a terminal and to show in one line."""

import unicodedata

_JOINERS = "\u200c\u200d"  # needed by several scripts and by emoji
_DROPPED = {"Cf", "Cs"}  # formatting (among it the bidirectional overrides) and lone surrogates


def without_controls(text: str) -> str:
    """Return text with a space for each control character and each line break."""
    return "".join(
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in text
        if unicodedata.category(char) not in _DROPPED or char in _JOINERS
    )


def single_line(text: str, limit: int = 1000) -> str:
    """Return text in one line without control characters, clipped to `limit` characters.

    Escape sequences of terminals lose their effect: the escape character becomes a space.
    """
    line = " ".join(without_controls(text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
