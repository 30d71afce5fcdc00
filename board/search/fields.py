"""What the two forms of the page Search share: a preset, and the fields that it fills."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from board.page_context import PageContext
from board.settings.form import draw_field, field_value, form_config
from mnist_core.training.config import FIELDS, TrainConfig

_SIZE = "training_size"


@dataclass(frozen=True)
class FormFields:
    """The widgets of a form.

    Attributes
    ----------
    prefix : str
        Keeps their keys apart from those of another form.
    presets : mapping of name to TrainConfig
    fields : tuple of str
        Fields of `TrainConfig` that a preset fills; the training size is kept.
    """

    prefix: str
    presets: Mapping[str, TrainConfig]
    fields: tuple[str, ...]

    def key(self, name: str) -> str:
        """Return a widget's key in the session state."""
        return f"{self.prefix}-{name}"

    def options(self, name: str) -> dict[str, Any]:
        """Return the options that keep a widget's value while another page is open."""
        return {"key": self.key(name), "persist_state": "session"}

    def value(self, name: str) -> Any:
        """Return a widget's value."""
        return st.session_state[self.key(name)]

    def fill(self, preset: str, **values: Any) -> None:
        """Set the widgets' values; before they are drawn."""
        for name, value in {"preset": preset, _SIZE: None, **values}.items():
            st.session_state[self.key(name)] = value
        self._apply_preset()

    def draw_config(self, context: PageContext, columns: Sequence[DeltaGenerator]) -> None:
        """Draw the preset, its fields and the training size, each in a column."""
        t, names = context.t, (*self.fields, _SIZE)
        columns[0].selectbox(
            t("Preset"),
            list(self.presets),
            on_change=self._apply_preset,
            format_func=t,
            **self.options("preset"),
        )
        for name, column in zip(names, columns[1:], strict=True):
            with column:
                draw_field(FIELDS[name], context, self.key(name), {name: self.value(name)})

    def config(self) -> TrainConfig:
        """Return the preset with the fields' values. Raises MnistCoreError if they are refused."""
        names = (*self.fields, _SIZE)
        values = {name: field_value(FIELDS[name], self.key(name)) for name in names}
        return form_config(values, self.presets[self.value("preset")])

    def _apply_preset(self) -> None:
        preset = self.presets[self.value("preset")]
        for name in self.fields:
            st.session_state[self.key(name)] = getattr(preset, name)
