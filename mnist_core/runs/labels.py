"""What people add to runs: notes, tags, the archive, and the baseline of a runs folder.

They are in files of their own: state.json is written by the process that trains.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from mnist_core.errors import ExplainedError, Message, MnistCoreError
from mnist_core.runs.run import Run
from mnist_core.runs.state import Line
from mnist_core.utils.json_files import DamagedFileError, JsonModel, read_json, write_json
from mnist_core.utils.locks import exclusive_lock
from mnist_core.utils.text import single_line

LABELS_FILE = "labels.json"
MAX_NOTE_LENGTH = 2000
MAX_TAG_LENGTH = 40
MAX_TAGS = 20
_BASELINE_FILE = "baseline.json"
_MAX_BYTES = 64 * 2**10
_LOCK_TIMEOUT = 10.0


_Note = Annotated[str, AfterValidator(partial(single_line, limit=MAX_NOTE_LENGTH))]
_Tag = Annotated[str, AfterValidator(partial(single_line, limit=MAX_TAG_LENGTH))]


def _clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _check_length(what: Message, text: str, most: int) -> None:
    length = len(text.strip())
    if length > most:
        raise ExplainedError(
            Message(
                "{what} has {length:,} characters; give at most {most:,}",
                what=what,
                length=length,
                most=most,
            )
        )


class RunLabels(JsonModel):
    """labels.json of a run.

    Attributes
    ----------
    note : str
        One line of text.
    tags : tuple of str
        Different, in the order in which they were given.
    archived : bool
        Whether lists leave the run out unless they are asked for archived ones.
    """

    note: _Note = ""
    tags: Annotated[
        tuple[_Tag, ...],
        Field(max_length=MAX_TAGS),
        AfterValidator(_clean_tags),
    ] = ()
    archived: bool = False


class _Baseline(JsonModel):
    """baseline.json of a runs folder: the run that others are compared with."""

    run: Line = ""


def read_labels(folder: Path) -> RunLabels:
    """Return the labels of the run in a folder; none if the file is missing or damaged."""
    try:
        return read_json(folder / LABELS_FILE, RunLabels, limit=_MAX_BYTES)
    except DamagedFileError:
        return RunLabels()  # not worth the run, and the next change writes the file again


def change_labels(
    run: Run,
    *,
    note: str | None = None,
    seen_note: str | None = None,
    tags: Iterable[str] | None = None,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
    archived: bool | None = None,
) -> RunLabels:
    """Change what is given, keep the rest; return the labels as they are stored.

    `seen_note` is the note that the given one is to replace: if somebody else has changed it
    meanwhile, nothing is changed.

    Raises
    ------
    MnistCoreError
        If there is no such run, the note or a tag is too long, it would have more than 20 tags, the
        note is not `seen_note`, or its folder cannot be written.
    """
    tags, add_tags = None if tags is None else tuple(tags), tuple(add_tags)
    _check_length(Message("the note"), note or "", MAX_NOTE_LENGTH)
    for tag in (*(tags or ()), *add_tags):
        _check_length(Message("the tag {tag}", tag=repr(single_line(tag, 60))), tag, MAX_TAG_LENGTH)
    with exclusive_lock(run.folder.parent / "labels.lock", _LOCK_TIMEOUT):
        if not run.exists:
            raise MnistCoreError(f"{run.folder}: there is no run in it")
        before = read_labels(run.folder)
        if note is not None and seen_note is not None and before.note not in (seen_note, note):
            raise MnistCoreError(
                f"the note of run {run.id} was changed meanwhile, to {before.note!r}; save again "
                "to replace it"
            )
        kept = before.tags if tags is None else tags
        removed = set(remove_tags)
        given = (*(tag for tag in kept if tag not in removed), *add_tags)
        if len(set(given)) > MAX_TAGS:
            raise MnistCoreError(f"run {run.id} would have more than {MAX_TAGS} tags; remove some")
        after = RunLabels(
            note=before.note if note is None else note,
            tags=tuple(dict.fromkeys(given)),
            archived=before.archived if archived is None else archived,
        )
        write_json(run.folder / LABELS_FILE, after)
        return after


def read_baseline(root: Path) -> str | None:
    """Return the id of the run that others are compared with; None if there is none."""
    try:
        name = read_json(root / _BASELINE_FILE, _Baseline, limit=_MAX_BYTES).run
    except DamagedFileError:
        return None
    return name or None


def set_baseline(root: Path, run: str | None) -> None:
    """Compare the runs of a folder with the run of this id from now on; None: with none.

    Raises MnistCoreError if the folder cannot be written.
    """
    write_json(root / _BASELINE_FILE, _Baseline(run=run or ""))
