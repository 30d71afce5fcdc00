"""Every text of the dashboard has a Chinese translation."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from support.chromium import ROOT

from board.settings.advice import ADVICE
from board.translation import Translator
from mnist_core.training.config import TrainConfig

PAGES = sorted((ROOT / "board").rglob("*.py")) + sorted((ROOT / "mnist_core/figures").glob("*.py"))
CHINESE = Translator("zh")


def translated_texts(path: Path) -> list[str]:
    """Return the literal texts that a module translates: t("..."), translate("...")."""
    texts = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            if name in ("t", "translate") and isinstance(node.args[0].value, str):
                texts.append(node.args[0].value)
    return texts


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_texts_are_translated_with_the_same_placeholders(path: Path) -> None:
    for text in translated_texts(path):
        chinese = CHINESE(text)
        assert chinese != text or not re.search("[a-z]{3}", text), text
        assert sorted(re.findall(r"{\w+}", chinese)) == sorted(re.findall(r"{\w+}", text))


def test_fields_and_advice_are_translated() -> None:
    for field in TrainConfig.model_fields.values():
        assert CHINESE(field.description) != field.description
    for advice in ADVICE.values():
        assert CHINESE(advice) != advice


def test_a_text_has_the_same_translation_on_every_page() -> None:
    found: dict[str, str] = {}
    for path in sorted((ROOT / "board/strings").glob("zh-*.json")):
        for text, chinese in json.loads(path.read_text(encoding="utf-8")).items():
            assert found.setdefault(text, chinese) == chinese, (path.name, text)


def test_texts_without_a_translation_stay_english() -> None:
    assert CHINESE("not a text of the dashboard") == "not a text of the dashboard"
