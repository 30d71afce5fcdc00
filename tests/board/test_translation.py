"""Every text of the dashboard has a Chinese translation."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.chromium import ROOT

from board.language import error_text
from board.settings.advice import ADVICE
from board.settings.number_fields import check_number
from board.translation import Translator
from mnist_core.errors import ExplainedError, Message, MnistCoreError, message_of
from mnist_core.search.requests import SweepRequest
from mnist_core.training.config import FIELDS, TrainConfig

PAGES = [path for name in ("board", "mnist_core") for path in sorted((ROOT / name).rglob("*.py"))]
CHINESE = Translator("zh")


def translated_texts(path: Path) -> list[str]:
    """Return the literal texts that are translated: t("..."), translate("..."), Message("...")."""
    texts = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            if name in ("t", "translate", "Message") and isinstance(node.args[0].value, str):
                texts.append(node.args[0].value)
    return texts


def check_translation(text: str) -> None:
    """Check that a text has a Chinese translation with the same placeholders."""
    chinese = CHINESE(text)
    assert chinese != text or not re.search("[a-z]{3}", re.sub("{[^}]*}", "", text)), text
    assert sorted(re.findall("{[^}]*}", chinese)) == sorted(re.findall("{[^}]*}", text))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_texts_are_translated_with_the_same_placeholders(path: Path) -> None:
    for text in translated_texts(path):
        check_translation(text)


def templates(message: Message) -> Iterator[str]:
    """Yield the template of a message, and those of the messages in it."""
    yield message.template
    for value in message.values.values():
        if isinstance(value, Message):
            yield from templates(value)


def test_what_fields_allow_and_need_is_translated() -> None:
    for field in FIELDS.values():
        for template in templates(field.allowed):
            check_translation(template)
        if field.requirement is not None:
            check_translation(field.requirement.text)


@pytest.mark.parametrize(
    ("make", "english", "chinese"),
    [
        (
            lambda: TrainConfig(batch_size=1, epochs=0),
            "epochs is 0; it must be an integer at least 1 and at most 10000; "
            "batch_size is 1; it must be an integer at least 2 and at most 60000",
            "“训练轮数”为 0；必须是整数，不小于 1，且不大于 10000; "
            "“批量大小”为 1；必须是整数，不小于 2，且不大于 60000",
        ),
        (
            lambda: TrainConfig(optimizer="adam", nesterov=True),
            "nesterov is True; it needs optimizer sgd and a momentum above 0",
            "“nesterov”为 True；需要：优化器 sgd 且动量大于 0",
        ),
        (
            lambda: SweepRequest(grid={"batch_size": (1,)}),
            "the sweep's grid has {'batch_size': 1}: batch_size is 1; it must be an integer at "
            "least 2 and at most 60000",
            "搜索网格中的 {'batch_size': 1}：“批量大小”为 1；必须是整数，不小于 2，且不大于 60000",
        ),
        (
            lambda: SweepRequest(workers=0, trials="x"),
            "trials is 'x'; it must be an integer; workers is 0; it must be at least 1",
            "“试验数”为 'x'；必须是整数; “工作进程数”为 0；必须是不小于 1",
        ),
        (
            lambda: check_number("seed", 2.5, 0, 1000, integer=True),
            "seed is 2.5; it must be an integer from 0 to 1,000",
            "“随机种子”为 2.5；必须是 0 到 1,000 之间的整数",
        ),
    ],
    ids=["bounds", "combination", "grid", "request", "number"],
)
def test_errors_of_forms_are_translated(
    make: Callable[[], object], english: str, chinese: str
) -> None:
    with pytest.raises(MnistCoreError) as caught:
        make()
    assert str(caught.value) == english
    assert error_text(caught.value, Translator("en")) == english
    assert error_text(caught.value, CHINESE) == chinese


def test_errors_without_a_template_stay_english() -> None:
    assert error_text(MnistCoreError("a {b}"), CHINESE) == "a {b}"
    error = ExplainedError(message_of(ValueError("a {b}")))
    assert error_text(error, CHINESE) == str(error) == "a {b}"


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
