"""The labels of the settings."""

from board.translation import Translator
from mnist_core.training.config import FIELDS


def field_label(name: str, t: Translator) -> str:
    """Return the label of a field of `TrainConfig`."""
    return t(FIELDS[name].label)
