"""Text from files is shown as it is."""

from __future__ import annotations

import pytest
from support.board_app import unescape

from board.widgets.markdown import escape_markdown


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
    assert unescape(escaped) == text
    for position, character in enumerate(escaped):
        if character in "*_`[]<>#$:|~":
            assert escaped[position - 1] == "\\"


def test_a_number_in_front_is_no_list() -> None:
    assert escape_markdown("12. x 3.5") == r"12\. x 3.5"


def test_control_characters_become_spaces() -> None:
    assert escape_markdown("a\n\n1. b\x1b[31mred\x00") == "a 1. b \\[31mred "
