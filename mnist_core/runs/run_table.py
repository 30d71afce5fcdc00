"""The table of runs: filtering, sorting, and folding the trials of each sweep into one row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from mnist_core.runs.run_rows import RunRow, Setting
from mnist_core.runs.state import ACTIVE, RunStatus

_ACTIVITY = {RunStatus.RUNNING: 0, RunStatus.QUEUED: 1}


class SortKey(StrEnum):
    """What the table is sorted by; rows without a value are last."""

    NEWEST = "newest"
    NAME = "name"
    ACCURACY = "accuracy"
    LOSS = "loss"
    DURATION = "duration"


@dataclass(frozen=True)
class RunFilter:
    """Which runs are shown; an empty field excludes nothing.

    Attributes
    ----------
    text : str
        Words that must all occur in a run's name, id, note, tags, status, device or settings, which
        are written as in `optimizer=adam`.
    statuses, tags : collection of str
        A run must have one of the statuses, and one of the tags.
    archived : bool
        Whether archived runs are shown instead of the others.
    study : str
        Only trials of this sweep.
    """

    text: str = ""
    statuses: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    archived: bool = False
    study: str = ""

    def accepts(self, row: RunRow) -> bool:
        """Return whether a run is shown."""
        return (
            row.labels.archived == self.archived
            and (not self.study or row.origin.study == self.study)
            and (not self.statuses or row.status in self.statuses)
            and (not self.tags or not self.tags.isdisjoint(row.labels.tags))
            and all(word in row.text for word in self.text.lower().split())
        )


@dataclass(frozen=True)
class SweepState:
    """What a sweep's job is doing, and how many trials it is to have; 0: not known."""

    status: str
    trials: int = 0
    created: str = ""
    has_ended: bool = True


@dataclass(frozen=True)
class SweepRow:
    """A sweep with its trials as one row of the table."""

    study: str
    trials: tuple[RunRow, ...]
    state: SweepState | None = None

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study

    @property
    def status(self) -> str:
        """That of its job; without one, running, queued, or that of its newest trial."""
        if self.state is not None:
            return self.state.status
        found = [row.status for row in self.trials]
        active = (status for status in _ACTIVITY if status in found)
        return next(active, found[0])

    @property
    def is_active(self) -> bool:
        """Whether it is queued or running."""
        return self.status in ACTIVE

    @property
    def progress(self) -> float | None:
        """Share of the trials that have ended, in [0, 1]."""
        total = max(len(self.trials), self.state.trials if self.state else 0)
        ended = sum(not row.is_active for row in self.trials)
        return ended / total if total else None

    @property
    def best(self) -> RunRow | None:
        """The trial with the highest accuracy."""
        scored = [row for row in self.trials if row.accuracy is not None]
        return max(scored, key=lambda row: row.accuracy or 0.0, default=None)

    @property
    def accuracy(self) -> float | None:
        """Of the best trial."""
        return self.best.accuracy if self.best else None

    @property
    def loss(self) -> float | None:
        """Of the best trial."""
        return self.best.loss if self.best else None

    @property
    def created(self) -> str:
        """When its job, or its first trial, was created."""
        times = [row.created for row in self.trials]
        return (self.state.created if self.state else "") or min(times, default="")

    def seconds(self, at: datetime | None = None) -> float | None:
        """Return the sum of its trials' durations."""
        found = [s for row in self.trials if (s := row.seconds(at)) is not None]
        return sum(found) if found else None


TableRow = RunRow | SweepRow


@dataclass(frozen=True)
class Table:
    """The rows to show, in their order, and the settings in which the shown runs differ."""

    rows: list[TableRow]
    runs: list[RunRow] = field(default_factory=list)
    """The runs that were not filtered out, also those folded into a sweep."""

    @property
    def differing(self) -> list[str]:
        """Fields of `TrainConfig` that are not the same in all runs, in their order."""
        settings = [row.settings for row in self.runs if row.settings]
        first = settings[0] if settings else {}
        return [name for name in first if any(one[name] != first[name] for one in settings)]


def make_table(
    rows: Iterable[RunRow],
    which: RunFilter = RunFilter(),
    sort: SortKey = SortKey.NEWEST,
    *,
    sweeps: Mapping[str, SweepState] | None = None,
    unfolded: bool = False,
    first: str | None = None,
) -> Table:
    """Return the table of the runs that a filter accepts.

    Parameters
    ----------
    rows : iterable of RunRow
    which : RunFilter
    sort : SortKey
        By newest: what is running comes first, then the queue in its order.
    sweeps : mapping of study to SweepState
        A sweep without trials is shown as well, if the filter asks for nothing in particular.
    unfolded : bool
        Whether trials are rows like other runs.
    first : str, optional
        Id of the run that stands above all others: the baseline.
    """
    sweeps = sweeps or {}
    accepted = [row for row in rows if which.accepts(row)]
    shown: list[TableRow] = list(accepted)
    if not (unfolded or which.study):
        shown = [row for row in accepted if not row.origin.study or row.id == first]
        trials: dict[str, list[RunRow]] = {}
        for row in accepted:
            if row.origin.study and row.id != first:
                trials.setdefault(row.origin.study, []).append(row)
        if which == RunFilter():
            trials = {**{study: [] for study in sweeps}, **trials}
        shown += [
            SweepRow(study, tuple(found), sweeps.get(study)) for study, found in trials.items()
        ]
    shown = sort_rows(shown, sort)
    shown.sort(key=lambda row: not (isinstance(row, RunRow) and row.id == first))
    return Table(shown, accepted)


def sort_rows(rows: Sequence[TableRow], key: SortKey) -> list[TableRow]:
    """Return the rows sorted: the best, longest or newest first, names in alphabetical order."""
    if key == SortKey.NEWEST:
        newest = sorted(rows, key=lambda row: row.created, reverse=True)
        return sorted(newest, key=_activity)
    if key == SortKey.NAME:
        return sorted(rows, key=lambda row: row.name.casefold())
    now = datetime.now(UTC)

    def value(row: TableRow) -> float | None:
        if key == SortKey.DURATION:
            return row.seconds(now)
        return row.accuracy if key == SortKey.ACCURACY else row.loss

    known = [(number, row) for row in rows if (number := value(row)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=key != SortKey.LOSS)
    ordered = [row for _, row in known]
    return ordered + [row for row in rows if value(row) is None]


def all_tags(rows: Iterable[RunRow]) -> list[str]:
    """Return the tags that any run has, in alphabetical order."""
    return sorted({tag for row in rows for tag in row.labels.tags}, key=str.casefold)


def changed_settings(row: RunRow, baseline: RunRow) -> dict[str, tuple[Setting, Setting]]:
    """Return the settings that are not the baseline's: field -> (value, the baseline's value)."""
    return {
        name: (value, baseline.settings[name])
        for name, value in row.settings.items()
        if name in baseline.settings and value != baseline.settings[name]
    }


def _activity(row: TableRow) -> tuple[int, int]:
    place = row.place.time if isinstance(row, RunRow) and row.place else 0
    return _ACTIVITY.get(row.status, 2), place  # type: ignore[call-overload]
