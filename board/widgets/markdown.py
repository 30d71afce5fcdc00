"""Text from files and users as Markdown that shows exactly this text."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LIST_NUMBER = re.compile(r"^( *\d+)\.")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$:&=@])")


def escape_markdown(text: object) -> str:
    """Return a text with every character escaped that has a meaning in Streamlit's Markdown.

    Control characters, such as line breaks and ANSI escapes, become spaces.
    """
    escaped = _SPECIAL.sub(r"\\\1", _CONTROL.sub(" ", str(text)))
    return _LIST_NUMBER.sub(r"\1\\.", escaped)  # "1. x" would be a list
