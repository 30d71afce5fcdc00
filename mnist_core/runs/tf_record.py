"""Records of TensorBoard's event files (TFRecord format).

A record is: length (uint64), CRC of the length, data, CRC of the data; the CRC is CRC-32C, masked.
Source: tensorflow/core/lib/io/record_writer.h. TensorBoard has the same in Python, behind an import
of 130 modules, which every run would wait for when it starts.
"""

import struct

_POLYNOMIAL = 0x82F63B78
"""Castagnoli's, bits reversed."""
_MASK_DELTA = 0xA282EAD8
HEADER = struct.Struct("<QI")
"""Length of the data, and the CRC of the length."""
FOOTER = struct.Struct("<I")
"""CRC of the data."""


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ _POLYNOMIAL * (byte & 1)
    return byte


_TABLE = tuple(map(_table_entry, range(256)))


def masked_crc32c(data: bytes) -> int:
    """Return the masked CRC-32C."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def encode_record(data: bytes) -> bytes:
    """Return a record that holds the data."""
    length = struct.pack("<Q", len(data))
    header_crc, data_crc = (struct.pack("<I", masked_crc32c(part)) for part in (length, data))
    return length + header_crc + data + data_crc
