"""The folder of uploads, after a crash and on disks that cannot be written; damaged graphs."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from support.asgi import ask
from support.damage import DAMAGE

from mnist_core import MnistCoreError
from mnist_core.inference.onnx_steps import load_graph
from mnist_core.models.registry import imaging_graph_path, weights_path
from pad.__main__ import main
from pad.functions import server_functions
from pad.model_registry import ModelRegistry
from pad.reasoned_errors import ReasonedErrors
from pad.uploads import prepare_upload_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    return tmp_path / "uploads"


def test_uploads_of_a_process_that_was_killed_are_deleted(folder: Path) -> None:
    """Gradio deletes those of its own process only, and clocks may be set back."""
    for name, age in [("a" * 64, 7200), ("b" * 64, 60), ("c" * 64, -7200), ("notes", 7200)]:
        upload = folder / name
        upload.mkdir(parents=True)
        (upload / "seven.png").touch()
        changed = upload.stat().st_mtime - age
        os.utime(upload, (changed, changed))
    for name, age in [("tmpa1_b2c3d", 7200), ("tmpe1_f2g3h", 60), ("template.png", 7200)]:
        (folder / name).touch()  # uploads that broke off, and another file
        os.utime(folder / name, (time.time() - age,) * 2)
    (folder / ("d" * 64)).symlink_to(folder / "notes")
    os.utime(folder / ("d" * 64), (0, 0), follow_symlinks=False)
    assert prepare_upload_folder(3600) == folder
    left = {path.name[:5] for path in folder.iterdir()}
    assert left == {"bbbbb", "ccccc", "ddddd", "notes", "tmpe1", "templ"}
    assert (folder / "notes/seven.png").exists()


def test_without_a_variable_the_folder_is_this_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(os.environ, "GRADIO_TEMP_DIR", "")  # restored afterwards
    folder = prepare_upload_folder(3600)
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o077 == 0
    assert os.environ["GRADIO_TEMP_DIR"] == str(folder)


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file/uploads"))
    assert main([]) == 2
    said = capsys.readouterr().err
    assert f"uploads cannot be written to {tmp_path}/file/uploads (Not a directory)" in said
    assert "set GRADIO_TEMP_DIR" in said


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_disk_that_cannot_be_written_is_said(number: int) -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        try:
            raise OSError(number, os.strerror(number), "/server/folder")
        except OSError as error:
            raise RuntimeError("upload") from error

    status, body = ask(ReasonedErrors(fails))
    assert status == 507
    assert "disk" in body
    assert "/server" not in body


@pytest.mark.parametrize("name", ["w.safetensors", "w.onnx", "w.json"])
@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped bytes", "directory", "FIFO"])
def test_each_damaged_file_of_a_model_affects_that_model_only(
    name: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is exported again, or its description says what is wrong, without the server's folders."""
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path))
    source = weights_path("mnist_cnn")
    for suffix in (".safetensors", ".onnx", ".json"):
        shutil.copy(source.with_suffix(suffix), tmp_path / f"w{suffix}")
    DAMAGE[damage](tmp_path / name)
    functions = {one.__name__: one for one in server_functions(ModelRegistry())}
    reply = functions["describe_model"]({"model": "w"})
    if "error" in reply:
        assert reply["stale"] is True
        assert str(tmp_path) not in reply["error"]
        assert len(reply["error"]) > 10
    else:
        assert name != "w.safetensors"
    assert functions["describe_model"]({"model": "mnist_cnn"})["architecture"]


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped bytes", "directory", "FIFO"])
@pytest.mark.parametrize("name", ["fit_ink", "find_ink"])
def test_a_damaged_graph_of_imaging_is_named(name: str, damage: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.onnx"
    shutil.copy(imaging_graph_path(name), path)
    DAMAGE[damage](path)
    with pytest.raises(MnistCoreError, match=name + r".*export --shipped"):
        load_graph(path)
