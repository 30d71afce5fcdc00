"""Durations as text."""

from board.translation import Translator


def duration_text(seconds: float, t: Translator) -> str:
    """Return a duration in seconds, minutes or hours, rounded."""
    if seconds < 90:
        return t.plural(max(1, round(seconds)), "{n} second", "{n} seconds")
    if seconds < 90 * 60:
        return t.plural(round(seconds / 60), "{n} minute", "{n} minutes")
    return t.plural(round(seconds / 3600, 1), "{n} hour", "{n} hours")
