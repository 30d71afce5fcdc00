"""The dashboard's words in every language it speaks. The English words are the keys."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "zh": "中文"}
_FOLDER = Path(__file__).parent / "strings"


class Words:
    """Says English words in a language: `words("epoch {n}", n=3)`.

    Words that have no translation stay English.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: str, **values: Any) -> str:
        said = _dictionary(self.language).get(text, text)
        return said.format(**values) if values else said


@cache
def _dictionary(language: str) -> dict[str, str]:
    """Return the translations of every file `strings/<language>-*.json`, in one."""
    words: dict[str, str] = {}
    for path in sorted(_FOLDER.glob(f"{language}-*.json")):
        words |= json.loads(path.read_text(encoding="utf-8"))
    return words
