"""The dashboard's texts in each language. The English texts are the keys."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "zh": "中文"}
_FOLDER = Path(__file__).parent / "strings"


class Translator:
    """Translates English texts: `translate("epoch {n}", n=3)`.

    Texts without a translation stay English.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: str, **values: Any) -> str:
        return self.fill(text, values)

    def fill(self, text: str, values: Mapping[str, Any]) -> str:
        """Translate a text with values of any name, as `translate(text, name=value)` does."""
        translated = _translations(self.language).get(text, text)
        return translated.format(**values) if values else translated

    def plural(self, count: float, one: str, many: str, **values: Any) -> str:
        """Translate the English text for one or for several; `{n}` in it is the count."""
        n = f"{count:,}"
        return self(one if count == 1 else many, n=n, **values)


@cache
def _translations(language: str) -> dict[str, str]:
    """Return the merged content of all files `strings/<language>-*.json`."""
    merged: dict[str, str] = {}
    for path in sorted(_FOLDER.glob(f"{language}-*.json")):
        merged |= json.loads(path.read_text(encoding="utf-8"))
    return merged
