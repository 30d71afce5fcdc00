"""A folder that is composed for upload: its files, their sizes and the project's license."""

import contextlib
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import explain_errors, make_folder

MAX_FILE_BYTES = 10 * 10**6
"""Largest file of a composed Space."""
MAX_TOTAL_BYTES = 25 * 10**6
"""Most bytes of a composed Space."""

_CHECKOUT = Path(__file__).resolve().parents[2]
_NOT_WRITTEN = "cannot be written"


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Create a folder, which the block fills; if that fails, no part of it is left.

    Raises MnistCoreError if it has files already, or cannot be created.
    """
    existed = folder.is_dir()
    make_folder(folder)
    with explain_errors(folder, "cannot be read"):
        if any(folder.iterdir()):
            raise MnistCoreError(f"{folder} is not empty; give another --output, or empty it first")
    try:
        yield
    except BaseException:  # also when it is interrupted
        with contextlib.suppress(OSError):
            _empty(folder)
            if not existed:
                folder.rmdir()
        raise


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def add_file(folder: Path, name: str, content: str | Path) -> None:
    """Add a text, or a copy of a file, under a name with slashes.

    Raises MnistCoreError if the file cannot be read or the copy cannot be written.
    """
    path = folder / name
    make_folder(path.parent)
    with explain_errors(path, _NOT_WRITTEN):
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_text(content, encoding="utf-8")


def file_sizes(folder: Path) -> dict[str, int]:
    """Return the size in bytes of each file in a folder, by its name with slashes, sorted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


def check_sizes(folder: Path) -> None:
    """Check a Space's files against `MAX_FILE_BYTES` and `MAX_TOTAL_BYTES`.

    Raises MnistCoreError that names the largest file.
    """
    sizes = file_sizes(folder)
    name = max(sizes, key=sizes.__getitem__)
    if sizes[name] > MAX_FILE_BYTES:
        raise MnistCoreError(
            f"{name} has {megabytes(sizes[name])}, more than {megabytes(MAX_FILE_BYTES)}; "
            "leave its model out with --models"
        )
    total = sum(sizes.values())
    if total > MAX_TOTAL_BYTES:
        raise MnistCoreError(
            f"the folder has {megabytes(total)}, more than {megabytes(MAX_TOTAL_BYTES)}, and the "
            f"largest file is {name} ({megabytes(sizes[name])}); choose fewer --models"
        )


def megabytes(size: int) -> str:
    """Return a number of bytes as text, with two decimals."""
    return f"{size / 1e6:.2f} MB"


def license_text() -> str:
    """Return the project's license, from the checkout or the installed distribution.

    Raises MnistCoreError if neither has it.
    """
    path = _CHECKOUT / "LICENSE"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    try:
        text = distribution("drawpad").read_text("licenses/LICENSE")
    except PackageNotFoundError:
        text = None
    if not text:
        raise MnistCoreError(f"{path}: there is no such file; install drawpad again")
    return text
