"""Texts of users in CSV files."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula.

    Source: OWASP, "CSV Injection": an apostrophe in front of what begins like one.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
