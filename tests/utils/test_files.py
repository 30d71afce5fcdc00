from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.disk import read_only, temporary_folder

from mnist_core import MnistCoreError
from mnist_core.utils.files import check_writable, make_folder, overwrite, write_atomic

ROOT = Path(__file__).parents[2]

# a file may grow to 1,000 bytes: the system refuses the rest, as it does on a full disk
FULL_DISK = """
import resource, sys
from pathlib import Path
from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import overwrite, write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
path = Path(sys.argv[1])
try:
    write_atomic(path, "x" * 100_000)
except MnistCoreError as error:
    print(error)
if path.exists():
    overwrite(path, "full")
"""


def on_a_full_disk(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("content", ["数字\n", "", b"\x00\xff" * 1000])
def test_files_are_written_completely(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "file.json"
    path.write_text("what was there before, and longer than some of what comes")
    write_atomic(path, content)
    expected = content.encode() if isinstance(content, str) else content
    assert path.read_bytes() == expected
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_on_the_disk_before_it_is_in_its_place_and_its_folder_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    synced: list[tuple[str, bool]] = []

    def sync(descriptor: int) -> None:
        synced.append((os.readlink(f"/proc/self/fd/{descriptor}"), path.exists()))

    monkeypatch.setattr("os.fsync", sync)
    write_atomic(path, "content")
    (file, in_place), folder = synced
    assert file.startswith(f"{path}.")
    assert not in_place
    assert folder == (str(tmp_path), True)


def test_a_reader_keeps_the_old_file_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")
    with path.open() as reader:
        write_atomic(path, "new and longer")
        assert reader.read() == "old"
    assert path.read_text() == "new and longer"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old, longer")
    said = on_a_full_disk(path)
    assert said == f"{path}: cannot be written (File too large)\n"
    assert path.read_text() == "full"  # what fits in its place can still be said
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_no_partial_file(tmp_path: Path) -> None:
    assert "cannot be written" in on_a_full_disk(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for name in ("none/x", "file/x", "folder", "loop/x"):
        with pytest.raises(MnistCoreError, match="cannot be written") as caught:
            write_atomic(tmp_path / name, "x")
        assert str(caught.value).startswith(f"{tmp_path / name}: ")
    with pytest.raises(MnistCoreError, match=r"cannot be written .*empty name"):
        write_atomic(Path(), "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "loop"]


def test_a_folder_without_permission() -> None:
    with temporary_folder() as folder:
        path = folder / "file"
        path.write_text("old")
        with read_only(folder):
            for write in (check_writable, lambda path: write_atomic(path, "new")):
                with pytest.raises(MnistCoreError, match=r"file: cannot be written \(Permission"):
                    write(path)
        check_writable(path)
        assert path.read_text() == "old"
        assert [one.name for one in folder.iterdir()] == ["file"]


def test_a_folder_in_the_place_of_a_file_is_refused_before_the_work(tmp_path: Path) -> None:
    check_writable(tmp_path / "new/file")
    with pytest.raises(MnistCoreError, match=r"new: cannot be written \(Is a directory\)"):
        check_writable(tmp_path / "new")


def test_devices_are_not_replaced(tmp_path: Path) -> None:
    """As root, `--output /dev/null` would leave the system without it."""
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    for path in (link, Path("/dev/no-such-device")):
        with pytest.raises(MnistCoreError, match="a device: name a file instead"):
            write_atomic(path, "text")
    assert link.is_symlink()


@pytest.mark.parametrize("content", ["short", "longer than what was there before"])
def test_overwritten_in_place(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file"
    path.write_text("what was there")
    inode = path.stat().st_ino
    overwrite(path, content)
    assert path.read_text() == content
    assert path.stat().st_ino == inode
    with pytest.raises(MnistCoreError, match="none: cannot be written"):
        overwrite(tmp_path / "none", content)


def test_folders(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    make_folder(folder)  # it is there already
    assert folder.is_dir()
    (folder / "file").touch()
    for name in ("file", "file/c"):
        with pytest.raises(MnistCoreError, match="cannot be made a folder"):
            make_folder(folder / name)
