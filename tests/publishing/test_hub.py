"""Upload to the Hub: against a stub of its HTTP API; every failure says what to do."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from support.hub import READ, USER, WRITE, StubHub, serving_hub

from mnist_core.cli.main import main
from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import weights_path
from mnist_core.publishing import upload
from mnist_core.runs.run_list import create_run
from mnist_core.training.config import TrainConfig

SPACE = f"spaces/{USER}/pad"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StubHub]:
    """A stub that the client uses instead of the Hub, with a token that may write."""
    with serving_hub() as stub:
        # the client reads its environment variables once, when it is imported
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", stub.url)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
        # it waits before it sends a request again
        monkeypatch.setattr(
            "huggingface_hub.utils._http.time", SimpleNamespace(sleep=lambda _: None)
        )
        monkeypatch.setenv("HF_TOKEN", WRITE)
        monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
        yield stub
        huggingface_hub.close_session()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with small files, two of which the Hub stores as large ones."""
    files = {"README.md": b"---\ntitle: Pad\n---\n", "app.py": b"print()\n"}
    files |= {"weights/a.onnx": b"a" * 3000, "weights/b.onnx": b"b" * 4000}
    for name, content in files.items():
        path = tmp_path / "composed" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "composed"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_space_is_created_and_has_the_folders_files(hub: StubHub, folder: Path) -> None:
    assert upload(folder, "pad", "space") == f"{hub.url}/spaces/{USER}/pad"
    files = dict(hub.repos[SPACE])
    assert files.pop(".gitattributes")
    assert files == contents(folder)


def test_small_files_are_sent_as_by_default(
    hub: StubHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client uses hf_xet, whose store for large files the stub has not."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    for path in folder.rglob("*.onnx"):
        path.rename(path.with_suffix(".txt"))
    upload(folder, "pad", "space")
    assert contents(folder).items() <= hub.repos[SPACE].items()


def test_without_a_token_nothing_is_sent(
    hub: StubHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(MnistCoreError, match="set HF_TOKEN or run `hf auth login`"):
        upload(folder, "pad", "space")
    assert not hub.repos


@pytest.mark.parametrize("name", ["", "a--b", "a/b/c", "pad.git", "a b", "-a", "x" * 200])
def test_an_invalid_name_is_refused_before_anything_is_sent(
    name: str, hub: StubHub, folder: Path
) -> None:
    with pytest.raises(MnistCoreError, match="give NAME or USER/NAME"):
        upload(folder, name, "model")
    assert not hub.repos


@pytest.mark.parametrize("repo", ["pad", f"{USER}/pad"])
def test_a_token_that_is_not_valid(
    repo: str, hub: StubHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(MnistCoreError, match=r"does not accept the token; set HF_TOKEN"):
        upload(folder, repo, "space")


@pytest.mark.parametrize("token", ["hf_ü", "hf_\udcff", "hf_a\x07b"])
def test_a_token_with_characters_that_none_has(
    token: str, hub: StubHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: token)
    with pytest.raises(MnistCoreError, match=r"characters that no token has; set HF_TOKEN"):
        upload(folder, "pad", "space")


def test_a_file_of_the_token_that_cannot_be_read(
    hub: StubHub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_bytes(b"hf_\xff")
    with pytest.raises(MnistCoreError, match=r"token: the token cannot be read.*set HF_TOKEN"):
        upload(folder, "pad", "space")


def test_a_token_without_the_right_to_write(
    hub: StubHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", READ)
    with pytest.raises(MnistCoreError, match="not enough rights; make one that may write"):
        upload(folder, "pad", "space")


def test_a_name_that_is_taken_needs_update_which_replaces_all_files(
    hub: StubHub, folder: Path
) -> None:
    hub.repos[SPACE] = {".gitattributes": b"", "app.py": b"other\n", "notes.txt": b"mine\n"}
    before = dict(hub.repos[SPACE])
    with pytest.raises(MnistCoreError, match=f"{USER}/pad exists and has other files.*--update"):
        upload(folder, "pad", "space")
    assert hub.repos[SPACE] == before
    upload(folder, "pad", "space", update=True)
    assert hub.repos[SPACE] == {".gitattributes": b"", **contents(folder)}


def test_an_upload_that_broke_off_is_continued_by_the_same_command(
    hub: StubHub, folder: Path
) -> None:
    second = hashlib.sha256((folder / "weights/b.onnx").read_bytes()).hexdigest()
    for part in (second, "commit"):
        hub.broken = {part}
        with pytest.raises(MnistCoreError, match=r"run the same command again; .* not sent again"):
            upload(folder, "pad", "space")
        assert len(hub.repos[SPACE]) == 2  # what the Hub puts into a new repository
    hub.broken = set()
    upload(folder, "pad", "space")
    assert contents(folder).items() <= hub.repos[SPACE].items()
    assert sorted(hub.sent.values()) == [1, 1]
    # and once more, with nothing to do
    upload(folder, "pad", "space")
    assert sorted(hub.sent.values()) == [1, 1]


def test_a_repository_with_some_of_the_files_is_continued(hub: StubHub, folder: Path) -> None:
    first = "weights/a.onnx"
    hub.repos[SPACE] = {".gitattributes": b"", first: (folder / first).read_bytes()}
    upload(folder, "pad", "space")
    assert contents(folder).items() <= hub.repos[SPACE].items()


def test_without_a_network(hub: StubHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MnistCoreError, match=r"cannot be reached.*run the same command again"):
        upload(folder, "pad", "space")


def test_command_uploads_a_model_and_says_where(
    hub: StubHub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["publish", "--model", "student", "--repo", "digits"]) == 0
    output = capsys.readouterr().out
    assert output.splitlines()[-1] == f"wrote {hub.url}/{USER}/digits"
    assert {"model.safetensors", "model.onnx", "README.md", "example.py"} <= set(
        hub.repos[f"models/{USER}/digits"]
    )


def test_command_without_a_token_composes_nothing(
    hub: StubHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    output = tmp_path / "space"
    assert main(["publish", "--space", "pad", "--output", str(output)]) == 2
    assert "set HF_TOKEN or run `hf auth login`" in capsys.readouterr().err
    assert not output.exists()


def test_a_kept_folder_is_named_where_the_upload_fails(
    hub: StubHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same command again would find the folder in its way."""
    hub.repos[f"models/{USER}/digits"] = {"notes.txt": b"mine\n"}
    output = str(tmp_path / "kept")
    assert main(["publish", "--model", "student", "--repo", "digits", "--output", output]) == 2
    error = capsys.readouterr().err
    assert "exists and has other files" in error
    assert f"{output} has what was composed: give another --output, or none" in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--space", "pad", "--repo", "x"], "--space has a name already"),
        (["--model", "student", "--models", "student"], "give one --model"),
        (["--model", "missing", "--dry-run"], "no weights 'missing'"),
        (["--model", "my weights.safetensors", "--dry-run"], "--repo names the repository"),
        (["--space", "pad", "--models", "missing", "--dry-run"], "no model 'missing'"),
    ],
)
def test_options_that_cannot_be_meant_are_named(
    options: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(weights_path("student"), "my weights.safetensors")
    assert main(["publish", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_run_is_called_by_its_name_else_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []

    def compose(folder: Path, weights: Path, name: str) -> None:
        names.append(name)
        folder.mkdir()
        shutil.copy(weights, folder)

    monkeypatch.setattr("mnist_core.publishing.model_folder.compose_model", compose)
    command = ["publish", "--model", "last", "--dry-run", "--runs", str(tmp_path)]
    for given in ("my digits", ""):
        run = create_run(TrainConfig(), tmp_path, given)
        shutil.copy(weights_path("student"), run.weights_path)
        assert main(command) == 0
    assert names == ["my-digits", run.id]
