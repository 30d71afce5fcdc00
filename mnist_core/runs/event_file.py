"""Reading one TensorBoard event file (see `tf_record`), also while it is being written.

TensorBoard's own reader stops at the first damaged record; this one skips it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.runs.tf_record import FOOTER, HEADER, masked_crc32c
from mnist_core.utils.files import SAFE_FLAGS

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

EVENT_FILE_PREFIX = "events.out.tfevents."
_MAX_RECORD_BYTES = 2**20
_MAX_READ_BYTES = 16 * 2**20


class EventFile:
    """An event file that is read piece by piece; every call of `read` returns what is new.

    Attributes
    ----------
    is_damaged : bool
        Whether a part that has been read so far is damaged, or is there no longer. A record that is
        incomplete at the end is no damage: the process may be writing it, or was killed meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._unreadable = False
        self.is_damaged = False

    def read(self) -> Iterator[Event]:
        """Yield the complete, undamaged events that have not been read yet.

        An incomplete record at the end is read later. After a damaged length nothing more can be
        read, as the next record cannot be found.
        """
        from google.protobuf.message import DecodeError
        from tensorboard.compat.proto.event_pb2 import Event

        before = -1
        while before < self._offset:
            before = self._offset
            for data in self._records(self._read_content()):
                try:
                    event = Event.FromString(data)
                except DecodeError:
                    self.is_damaged = True
                    continue
                yield event

    def _records(self, content: bytes) -> Iterator[bytes]:
        """Yield the data of the complete records whose checksum is correct."""
        position = 0
        while not self._unreadable and position + HEADER.size <= len(content):
            length, length_crc = HEADER.unpack_from(content, position)
            start, end = position + HEADER.size, position + HEADER.size + length
            if (
                length > _MAX_RECORD_BYTES
                or masked_crc32c(content[position : position + 8]) != length_crc
            ):
                self._unreadable = self.is_damaged = True
            elif end + FOOTER.size > len(content):
                return
            else:
                position = end + FOOTER.size
                self._offset += position - start + HEADER.size
                if (masked_crc32c(content[start:end]),) == FOOTER.unpack_from(content, end):
                    yield content[start:end]
                else:
                    self.is_damaged = True

    def _read_content(self) -> bytes:
        try:
            with os.fdopen(os.open(self._path, os.O_RDONLY | SAFE_FLAGS), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size < self._offset:
                    self.is_damaged = True
                    return b""
                file.seek(self._offset)
                return file.read(_MAX_READ_BYTES)
        except OSError:
            self.is_damaged = True
            return b""


def event_files(folder: Path) -> list[str]:
    """Return the names of the event files in a folder, sorted; none if it cannot be read."""
    try:
        return sorted(name for name in os.listdir(folder) if name.startswith(EVENT_FILE_PREFIX))
    except OSError:
        return []
