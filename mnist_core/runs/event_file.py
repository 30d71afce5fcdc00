"""Reading one TensorBoard event file (TFRecord format), also while it is being written.

A record is: length (uint64), CRC of the length, data, CRC of the data; the CRC is CRC-32C, masked.
Source: tensorflow/core/lib/io/record_writer.h.

TensorBoard's own reader stops at the first damaged record; this one skips it.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.utils.files import SAFE_FLAGS

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_MAX_RECORD_BYTES = 2**20
_MAX_READ_BYTES = 16 * 2**20
_CRC_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected


def _crc_table() -> np.ndarray:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_CRC_POLYNOMIAL), table >> 1)
    return table


_CRC_TABLE = _crc_table()


def masked_crc(records: list[bytes]) -> np.ndarray:
    """Return the masked CRC-32C (N,) uint32 of each of N byte strings, computed side by side."""
    lengths = np.fromiter(map(len, records), np.int64, len(records))
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths)
    data = np.frombuffer(b"".join(records), np.uint8)
    starts = (ends - lengths)[order]
    crc = np.full(len(records), 0xFFFFFFFF, np.uint32)
    for position in range(int(lengths.max(initial=0))):
        # the longest come first, so those that have a byte at this position are a prefix
        active = int(np.searchsorted(-lengths[order], -position))
        byte = data[starts[:active] + position]
        crc[:active] = _CRC_TABLE[(crc[:active] ^ byte) & 0xFF] ^ (crc[:active] >> 8)
    result = np.empty_like(crc)
    result[order] = ~crc
    return ((result >> 15) | (result << 17)) + np.uint32(0xA282EAD8)


class EventFile:
    """An event file that is read piece by piece; every call of `read` returns what is new.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._unreadable = False

    def read(self) -> Iterator[Event]:
        """Yield the complete, undamaged events that have not been read yet.

        An incomplete record at the end is read later. After a damaged length nothing more can be
        read, as the next record cannot be found.
        """
        from google.protobuf.message import DecodeError
        from tensorboard.compat.proto.event_pb2 import Event

        while records := self._next_records():
            for data in records:
                try:
                    yield Event.FromString(data)
                except DecodeError:
                    continue

    def _next_records(self) -> list[bytes]:
        """Return the data of further records with correct checksums; empty at the end."""
        while not self._unreadable and (content := self._read_content()):
            data, checksums, position = [], [], 0
            while position + _HEADER.size <= len(content):
                length, length_crc = _HEADER.unpack_from(content, position)
                start, end = position + _HEADER.size, position + _HEADER.size + length
                if length > _MAX_RECORD_BYTES or _length_crc(length) != length_crc:
                    self._unreadable = True
                    break
                if end + _FOOTER.size > len(content):
                    break
                data.append(content[start:end])
                checksums.append(_FOOTER.unpack_from(content, end)[0])
                position = end + _FOOTER.size
            self._offset += position
            correct = masked_crc(data) == np.array(checksums, np.uint32)
            if kept := [record for record, good in zip(data, correct, strict=True) if good]:
                return kept
            if not position:
                break
        return []

    def _read_content(self) -> bytes:
        try:
            with os.fdopen(os.open(self._path, os.O_RDONLY | SAFE_FLAGS), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size <= self._offset:
                    return b""
                file.seek(self._offset)
                return file.read(_MAX_READ_BYTES)
        except OSError:
            return b""


@cache
def _length_crc(length: int) -> int:
    return int(masked_crc([struct.pack("<Q", length)])[0])
