"""Widgets that both forms of the page Search share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from board.form import field_label
from board.translation import Translator
from mnist_core.training.config import FIELDS, TrainConfig


@dataclass(frozen=True)
class FormFields:
    """The widgets of a form; `prefix` keeps their keys apart from those of another form."""

    prefix: str

    def key(self, name: str) -> str:
        """Return a widget's key in the session state."""
        return f"{self.prefix}-{name}"

    def options(self, name: str) -> dict[str, Any]:
        """Return the options that keep a widget's value while another page is open."""
        return {"key": self.key(name), "persist_state": "session"}

    def choice(self, name: str, t: Translator) -> None:
        """Draw a select box for a field of `TrainConfig`."""
        st.selectbox(field_label(name, t), FIELDS[name].choices, **self.options(name))

    def integer(self, name: str, t: Translator, **options: Any) -> None:
        """Draw a number input for a field of `TrainConfig`, with its bounds."""
        bounds = FIELDS[name].bounds
        low, high = int(bounds["ge"]), int(bounds["le"])
        label = field_label(name, t)
        st.number_input(label, low, high, step=1, **options, **self.options(name))

    def value(self, name: str) -> Any:
        """Return a widget's value."""
        return st.session_state[self.key(name)]

    def fill(self, values: Mapping[str, Any]) -> None:
        """Set widgets' values; before they are drawn."""
        for name, value in values.items():
            st.session_state[self.key(name)] = value

    def fill_from(self, config: TrainConfig, names: tuple[str, ...]) -> None:
        """Set widgets' values to those of a configuration."""
        self.fill({name: getattr(config, name) for name in names})
