"""Text from files and people, made safe to print, to show in one line, and to write as CSV."""

import reprlib
import unicodedata

_JOINERS = "\u200c\u200d"  # needed by several scripts and by emoji
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
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


def short_repr(value: object, limit: int = 80) -> str:
    """Return a value as in source code, long texts and unknown types clipped to `limit`."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = limit
    return short.repr(value)


def plain_cell(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula.

    Source: OWASP, "CSV Injection": an apostrophe in front of what begins like one.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
