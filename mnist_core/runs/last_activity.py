"""When the process that trained a run wrote to its folder last, for a run that was killed.

The times in the files count, not those of the files: a copy of the folder has others.
"""

import math
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from mnist_core.runs.event_file import event_files
from mnist_core.runs.tf_record import FOOTER, HEADER, masked_crc32c
from mnist_core.utils.files import SAFE_FLAGS, file_version, read_tail

_LOG_BYTES = 64 * 2**10
_WALL_TIME = struct.Struct("<Bd")
"""The first field of an event: its tag, and seconds since 1970."""
_WALL_TIME_TAG = 0x09


def last_activity(folder: Path, after: datetime, before: datetime) -> datetime:
    """Return the time of the newest line of the log or metric between two times; else `after`.

    Parameters
    ----------
    folder : Path
        Of the run.
    after, before : datetime
        When it was started or resumed last, and now.
    """
    times = [*_log_times(folder / "log.txt"), *_metric_times(folder)]
    return max((time for time in times if after <= time <= before), default=after)


def _log_times(path: Path) -> Iterator[datetime]:
    for line in read_tail(path, _LOG_BYTES).splitlines():
        with suppress(ValueError):
            time = datetime.fromisoformat(line.partition(" ")[0])
            if time.tzinfo is not None:
                yield time


def _metric_times(folder: Path) -> Iterator[datetime]:
    for name in event_files(folder)[-1:]:
        seconds = _last_wall_time(folder / name, file_version(folder / name))
        with suppress(ValueError, OverflowError, OSError):  # not a time
            yield datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1024)
def _last_wall_time(path: Path, version: str | None) -> float:
    """Return the time of the last complete event in a file; NaN if there is none."""
    times: list[float] = []
    with suppress(OSError), os.fdopen(os.open(path, os.O_RDONLY | SAFE_FLAGS), "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode):
            times.extend(_wall_times(file, status.st_size))
    return times[-1] if times else math.nan


def _wall_times(file: BinaryIO, size: int) -> Iterator[float]:
    """Yield the times of the complete events, up to the first damage."""
    end = 0
    while len(header := file.read(HEADER.size)) == HEADER.size:
        length, length_crc = HEADER.unpack(header)
        end += HEADER.size + length + FOOTER.size
        if end > size or masked_crc32c(header[:8]) != length_crc:
            return
        start = file.read(min(length, _WALL_TIME.size))
        if len(start) == _WALL_TIME.size and start[0] == _WALL_TIME_TAG:
            yield _WALL_TIME.unpack(start)[1]
        file.seek(end)
