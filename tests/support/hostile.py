"""Strategies of hostile input: any JSON, and files that are almost right."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import strategies as st

_NUMBERS = st.integers() | st.floats() | st.sampled_from([1e308, -0.0, 2**63, 10**400])
_TEXTS = st.text(max_size=8) | st.sampled_from(["\0", "\ud800", "../x", "[" * 50, "x" * 5000])
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(_TEXTS, inside, max_size=4),
    max_leaves=8,
)
"""Values that JSON can have, and infinities and NaN, which Python's parser takes."""


def almost(value: Any) -> st.SearchStrategy[Any]:
    """Return strategies of a JSON value in which one part, at any depth, is something else."""
    options = [json_values]
    if isinstance(value, dict):
        for key, inside in value.items():
            options.append(almost(inside).map(lambda new, key=key: {**value, key: new}))
            options.append(st.just({k: v for k, v in value.items() if k != key}))
    elif isinstance(value, list):
        for index in range(min(3, len(value))):
            options.append(
                almost(value[index]).map(
                    lambda new, index=index: [*value[:index], new, *value[index + 1 :]]
                )
            )
    return st.one_of(options)


def as_text(value: Any) -> str:
    """Return JSON text, also of what JSON has no numbers for."""
    try:
        return json.dumps(value)
    except ValueError:  # too many digits for Python to print
        return "1" + "0" * 400


def is_json(value: Any) -> bool:
    """Return whether JSON has this value: text of Unicode, finite numbers."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not any(0xD800 <= ord(letter) < 0xE000 for letter in value)
    if isinstance(value, list):
        return all(map(is_json, value))
    if isinstance(value, dict):
        return all(is_json(key) and is_json(inside) for key, inside in value.items())
    return True


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Return strategies of a file's content that was cut, overwritten or grown somewhere."""
    places = st.integers(0, len(content))
    pieces = st.binary(max_size=16)
    return st.one_of(
        places.map(lambda end: content[:end]),
        st.builds(lambda at, new: content[:at] + new + content[at + len(new) :], places, pieces),
        st.builds(lambda at, new: content[:at] + new + content[at:], places, pieces),
        pieces,
    )


def names_the_cause(error: Exception) -> None:
    """Check the message of an error that a user sees."""
    assert 10 < len(str(error)) < 2000
    assert "Traceback" not in str(error)
