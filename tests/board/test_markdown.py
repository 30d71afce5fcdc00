"""Text from files is shown as it is."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, unescape

from board.widgets.markdown import code_markdown, escape_markdown
from mnist_core.runs.run import Run

CODE = re.compile(r"(?<![\\`])(`+)(?!`)(.*?)(?<![`\\])\1(?!`)")
HOSTILE = "**bold** `code` http://evil.test :material/home: a@evil.test www.evil.test x -> y"


def shown(markdown: str) -> str:
    """Return what a browser shows: code without its fences, other text without escapes."""
    pieces = CODE.split(markdown)
    pieces[::3] = map(unescape, pieces[::3])
    del pieces[1::3]
    return "".join(pieces)


@pytest.mark.parametrize(
    "text",
    [
        "**bold** _it_ `code` ~~no~~",
        "[link](http://example.org) ![image](x.png) <script>",
        "# heading",
        ":material/error: :red[text] $x^2$ | a | b |",
        "My *first* run",
        "C:\\runs\\new",
        "1. no list",
    ],
)
def test_markdown_is_escaped(text: str) -> None:
    escaped = escape_markdown(text)
    assert shown(escaped) == text
    escaped = CODE.sub("", escaped)
    for position, character in enumerate(escaped):
        if character in "*_`[]<>#$:|~":
            assert escaped[position - 1] == "\\"


def test_a_number_in_front_is_no_list() -> None:
    assert escape_markdown("12. x 3.5") == r"12\. x 3.5"


def test_control_characters_become_spaces() -> None:
    assert escape_markdown("a\n\n1. b\x1b[31mred\x00") == "a 1. b \\[31mred "


@pytest.mark.parametrize(
    "text",
    [
        *("http://a.test", "HTTPS://a.test", "www.a.test", "x@a.test", ":material/home:"),
        *(":streamlit:", "->", "a <-> b", "a <= b", "--", "a >= b ~= c"),
    ],
)
def test_what_is_replaced_in_spite_of_escapes_is_code(text: str) -> None:
    escaped = escape_markdown(text)
    assert CODE.search(escaped)
    assert shown(escaped) == text


@pytest.mark.parametrize("text", ["train --help", "at 12:30:45", "cuda:0", "C:\\x", "a: b: c"])
def test_other_text_is_no_code(text: str) -> None:
    assert "`" not in escape_markdown(text)


@pytest.mark.parametrize("text", ["a", "`a`", "a``b", "", " ", "*a*", "a\nb"])
def test_code_holds_any_text(text: str) -> None:
    fence, inside = re.fullmatch(r"(`+)(.*)\1", code_markdown(text)).groups()
    assert fence not in inside
    assert inside.strip() == text.replace("\n", " ").strip()


def markdown_of(page: AppTest) -> str:
    """Return all that a page draws as Markdown."""
    kinds = (page.title, page.subheader, page.markdown, page.caption, page.info, page.error)
    kinds += (page.warning, page.success, page.toast, page.metric)
    found = [str(element.value) for kind in kinds for element in kind]
    found += [element.label for kind in (page.button, page.expander, page.tabs) for element in kind]
    return "\n".join(found)


def rename(run: Run, **state: str) -> None:
    """Put the hostile text wherever a file of a run has text."""
    path = run.folder / "state.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps({**known, "name": HOSTILE, "device": HOSTILE, **state}))
    labels = {"note": HOSTILE, "tags": [HOSTILE[:40]]}
    (run.folder / "labels.json").write_text(json.dumps(labels))
    origin = {"parent": HOSTILE, "study": HOSTILE, "trial": 1}
    (run.folder / "origin.json").write_text(json.dumps(origin))


def test_texts_of_runs_are_no_markdown_on_any_page(root: Path, slow: Run, fast: Run) -> None:
    folder = fast.folder.rename(root / f"20270101-000000-{HOSTILE.replace('/', ' ')}")
    rename(Run(folder), status="failed", reason=HOSTILE)
    rename(slow)
    damaged = Path(shutil.copytree(folder, root / f"{folder.name} damaged"))
    (damaged / "config.json").write_text(json.dumps({HOSTILE: 1}))
    seen = ""
    for name, run, session in [
        ("runs", None, {"study": HOSTILE}),
        ("train", None, {"preset": None, "form-parent": HOSTILE}),
        *(("watch", one, {}) for one in (slow.id, folder.name, damaged.name)),
        *((name, damaged.name, {}) for name in ("understand", "try_it", "promote", "compare")),
    ]:
        drawn = markdown_of(open_page(name, run, **session))
        for part in HOSTILE.split(" ", 6)[:6]:
            assert part not in CODE.sub("", drawn), (name, run)
        seen += shown(drawn)
    assert HOSTILE in seen
