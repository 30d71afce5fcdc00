"""What the forms of the page Search share: keys of their widgets, and a box for a whole number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnist_core.training.config import FIELDS


@dataclass(frozen=True)
class Fields:
    """The widgets of a form; `prefix` keeps their keys apart from another form's."""

    prefix: str

    def key(self, name: str) -> str:
        """Return a widget's key in the session's state."""
        return f"{self.prefix}-{name}"

    def widget(self, name: str) -> dict[str, Any]:
        """Return what makes a widget keep its value while another page is open."""
        return {"key": self.key(name), "persist_state": "session"}

    def whole(self, name: str, label: str, **options: Any) -> None:
        """Draw a box for a whole number with the bounds of that field of `TrainConfig`."""
        bounds = FIELDS[name].bounds
        low, high = int(bounds["ge"]), int(bounds["le"])
        st.number_input(label, low, high, step=1, **options, **self.widget(name))
