"""Durations as text."""

from __future__ import annotations

from board.translation import Translator


def duration_text(seconds: float, t: Translator) -> str:
    """Return a duration in seconds, minutes or hours, rounded."""
    if seconds < 90:
        return t("{n} seconds", n=max(1, round(seconds)))
    if seconds < 90 * 60:
        return t("{n} minutes", n=round(seconds / 60))
    return t("{n} hours", n=round(seconds / 3600, 1))
