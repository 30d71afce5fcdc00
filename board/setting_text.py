"""Values of settings as text."""

from __future__ import annotations

from board.translation import Translator


def setting_text(t: Translator, value: object) -> str:
    """Return a setting's value as text."""
    if value is None:
        return t("none")
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, tuple):
        return ", ".join(value) or t("none")
    return f"{value:g}" if isinstance(value, float) else str(value)
