"""Damage to files: what a crash, a disk or a person may leave in a file's place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


def _replace(path: Path, create: Callable[[Path], object]) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    create(path)


def _flip_bytes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for index in range(0, len(content), 7):
        content[index] ^= 0xFF
    path.write_bytes(bytes(content))


def _truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: max(1, len(content) // 2)])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": _truncate,
    "flipped bytes": _flip_bytes,
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe\x00{" * 9),
    "list": lambda path: path.write_text("[1, 2]"),
    "number": lambda path: path.write_text("7"),
    "nested 3,000 deep": lambda path: path.write_text("[" * 3000),
    "1e999": lambda path: path.write_text('{"time": 1e999, "epoch": 1e999, "images": 1e999}'),
    "FIFO": lambda path: _replace(path, os.mkfifo),
    "directory": lambda path: _replace(path, Path.mkdir),
    "symbolic link to itself": lambda path: _replace(path, lambda p: p.symlink_to(p.name)),
    "dangling symbolic link": lambda path: _replace(path, lambda p: p.symlink_to("/none/x")),
    "sparse gigabyte": lambda path: os.truncate(path, 2**30),
}
"""What is done to a file, by name. None of it may block, crash or fill the memory of a reader."""
