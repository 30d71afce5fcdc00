"""Settings as text: their labels and their values."""

from board.translation import Translator
from mnist_core.training.config import FIELDS


def field_label(name: str, t: Translator) -> str:
    """Return the label of a field of `TrainConfig`."""
    return t(FIELDS[name].label)


def setting_text(t: Translator, name: str, value: object) -> str:
    """Return the value of a field of `TrainConfig` as text; for None what it stands for."""
    if value is None:
        return t(FIELDS[name].none_means)
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, tuple):
        return ", ".join(value) or t("none")
    return f"{value:g}" if isinstance(value, float) else str(value)
