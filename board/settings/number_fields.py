"""Inputs for numbers whose value is always the one in the box, also where it is out of range.

Streamlit checks bounds in the browser only: a value out of range stays in the box while the page
keeps the earlier one, and truncates what is typed into an integer's box. So these inputs have no
bounds and no integers; what they hold is checked here, or by the model that it becomes part of.
"""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.errors import ExplainedError, Message

Number = int | float | None
_MAX_BROWSER_INTEGER = 2**53 - 1
"""A browser's numbers are exact up to here."""


def draw_number(
    label: str,
    *,
    key: str,
    step: float,
    integer: bool = False,
    place: DeltaGenerator | None = None,
    **options: Any,
) -> Number:
    """Draw an input; return its value: None if it is empty, an int where that is expected.

    Parameters
    ----------
    key : str
        Of the value in the session state.
    step : float
        Change by the buttons plus and minus.
    integer : bool
        A fractional value is returned as it is; `check_number` refuses it.
    place : container, optional
    options
        Further arguments of `st.number_input`, such as help and placeholder.
    """
    if (stored := st.session_state.get(key)) is not None:
        st.session_state[key] = float(stored)
    place = st if place is None else place
    value = place.number_input(label, step=float(step), format="%g", key=key, **options)
    return as_number(value, integer=integer)


def as_number(value: Number, *, integer: bool) -> Number:
    """Return the value of an input: an int where an integer is expected and it is one."""
    return int(value) if integer and value is not None and float(value).is_integer() else value


def check_number(label: str, value: Number, low: float, high: float, *, integer: bool) -> None:
    """Raise MnistCoreError, with the allowed range, if a value is not in it; None is allowed."""
    if value is None:
        return
    if not low <= value <= high or (integer and not isinstance(value, int)):
        raise ExplainedError(
            Message(
                "{field} is {value}; it must be {kind} from {low} to {high}",
                field=label,
                value=_text(value),
                kind=Message("an integer") if integer else Message("a number"),
                low=_text(low),
                high=_text(high),
            )
        )


def check_exact(label: str, value: Number) -> None:
    """Raise MnistCoreError if an integer is too large for a browser to show it exactly."""
    if isinstance(value, int):
        check_number(label, value, -_MAX_BROWSER_INTEGER, _MAX_BROWSER_INTEGER, integer=True)


def _text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
