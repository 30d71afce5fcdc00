"""Text from files and users as Markdown that shows exactly this text."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LIST_NUMBER = re.compile(r"^( *\d+)\.")
_IN_SPITE_OF_ESCAPES = re.compile(
    r"https?(?=://)|www(?=\.)|(?=@)"  # links
    r"|:(?=[a-z_+-][\w+/-]*:)"  # icons, such as :material/home:
    r"|(?<!\S)[<>~-](?=(?:->|[->=])(?!\S))",  # arrows, such as ->, and signs, such as >=
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"
"""Invisible, and of no width."""
_FENCE = re.compile("`+")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$:&=@])")


def escape_markdown(text: object) -> str:
    """Return a text with every character escaped that has a meaning in Streamlit's Markdown.

    Control characters, such as line breaks and ANSI escapes, become spaces. An invisible character
    is in what Streamlit replaces in spite of escapes: addresses, names of icons, arrows.
    """
    plain = _IN_SPITE_OF_ESCAPES.sub(rf"\g<0>{_WORD_JOINER}", _CONTROL.sub(" ", str(text)))
    escaped = _SPECIAL.sub(r"\\\1", plain)
    return _LIST_NUMBER.sub(r"\1\\.", escaped)  # "1. x" would be a list


def code_markdown(text: object) -> str:
    """Return a text as Markdown's code in a line, whatever backticks are in it."""
    plain = _CONTROL.sub(" ", str(text))
    fence = "`" * (1 + max(map(len, _FENCE.findall(plain)), default=0))
    # spaces separate backticks at the ends from the fence; Markdown removes one at each end
    space = " " if plain.startswith("`") or plain.endswith("`") or not plain.strip() else ""
    return f"{fence}{space}{plain}{space}{fence}"
