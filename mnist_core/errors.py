"""The error that mnist_core raises for input that its caller can correct."""

from collections.abc import Iterable
from typing import Any


class MnistCoreError(ValueError):
    """Something given to mnist_core cannot be used; the message names the fix."""


class Message:
    """A text with values in it, which a program can say in other words or another language.

    Attributes
    ----------
    template : str
        English, with a place such as {value} for each value.
    values : dict of str to object
        A value may be a `Message` itself.
    """

    def __init__(self, template: str, **values: Any) -> None:
        self.template, self.values = template, values

    def __str__(self) -> str:
        return self.template.format(**self.values)


class ExplainedError(MnistCoreError):
    """A `MnistCoreError` whose text is that of its `message`."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def message_of(error: Exception) -> Message:
    """Return the message of an error; of one that has none, its text as a message."""
    if isinstance(error, ExplainedError):
        return error.message
    return Message("{message}", message=str(error))


def joined(messages: Iterable[Message]) -> Message:
    """Return messages as one, separated by semicolons; equal ones once."""
    unique = {str(message): message for message in messages}
    values = {f"part{number}": message for number, message in enumerate(unique.values())}
    return Message("; ".join(f"{{{name}}}" for name in values), **values)
