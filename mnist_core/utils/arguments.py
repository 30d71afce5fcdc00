"""Command lines: options by their full names only, and names that may not be empty."""

import argparse
import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class CommandParser(argparse.ArgumentParser):
    """A parser that takes no abbreviated options; its error names the full one.

    An abbreviation would mean another option, or none, as soon as a similar one is added. The
    parsers of subcommands are of this class too.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse as `argparse` does; an unknown option that is near a known one is an error."""
        parsed, unknown = super().parse_known_args(args, namespace)
        for word in unknown:
            if near := self._near(word.partition("=")[0]):
                self.error(f"there is no option {word}; did you mean {' or '.join(near)}?")
        return parsed, unknown

    def _near(self, word: str) -> Sequence[str]:
        """Return the options that begin with a word, else the one that is spelled like it."""
        if not word.startswith("--") or word == "--":
            return ()
        known = [
            option
            for action in self._actions
            if action.help != argparse.SUPPRESS
            for option in action.option_strings
            if option.startswith("--")
        ]
        begin = [option for option in known if option.startswith(word)]
        return begin or difflib.get_close_matches(word, known, 1)


def name_argument(text: str) -> str:
    """Return the text of an argument; an empty one, as of an unset variable, is an error."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; give a name or a path")
    return text


def path_argument(text: str) -> Path:
    """Return the path that an argument names; an error if it is empty, which would be "."."""
    return Path(name_argument(text))


def input_file_argument(text: str) -> Path:
    """Return the path of a file that is to be read; an error if there is no such file."""
    path = path_argument(text)
    if not os.path.isfile(path):  # False, not an error, for a path that is too long
        problem = "not a file" if os.path.exists(path) else "there is no such file"
        raise argparse.ArgumentTypeError(f"{text}: {problem}")
    return path
