"""Text from files and users as Markdown that shows exactly this text."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LIST_NUMBER = re.compile(r"^( *\d+)\.")
_IN_SPITE_OF_ESCAPES = re.compile(
    r"https?://|www\.|[\w.+-]@[\w-]"  # links
    r"|:[a-z_+-][\w+/-]*:"  # icons, such as :material/home:
    r"|^[<>~-](?:->|[->=])$",  # arrows, such as ->, and signs, such as >=
    re.IGNORECASE,
)
_WORD = re.compile(r"\S+")
_FENCE = re.compile("`+")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$:&=@])")


def escape_markdown(text: object) -> str:
    """Return a text with every character escaped that has a meaning in Streamlit's Markdown.

    Control characters, such as line breaks and ANSI escapes, become spaces. Words that Streamlit
    replaces in spite of escapes become code: addresses, names of icons, arrows. So what is copied
    from the page is the text, without anything invisible.
    """
    escaped = _WORD.sub(_escape_word, _CONTROL.sub(" ", str(text)))
    return _LIST_NUMBER.sub(r"\1\\.", escaped)  # "1. x" would be a list


def _escape_word(match: re.Match[str]) -> str:
    word = match[0]
    return code_markdown(word) if _IN_SPITE_OF_ESCAPES.search(word) else _SPECIAL.sub(r"\\\1", word)


def code_markdown(text: object) -> str:
    """Return a text as Markdown's code in a line, whatever backticks are in it."""
    plain = _CONTROL.sub(" ", str(text))
    fence = "`" * (1 + max(map(len, _FENCE.findall(plain)), default=0))
    # spaces separate backticks at the ends from the fence; Markdown removes one at each end
    space = " " if plain.startswith("`") or plain.endswith("`") or not plain.strip() else ""
    return f"{fence}{space}{plain}{space}{fence}"
