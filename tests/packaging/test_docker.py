"""The Dockerfile's commands: run without docker, in a folder with the files that it copies."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from fnmatch import fnmatch
from pathlib import Path

import pytest
from support.chromium import ROOT
from support.fresh_import import run_fresh

USE_THE_FILES = """
import json, sys
from board.__main__ import main
from streamlit.testing.v1 import AppTest

try:
    main([*sys.argv[1:], "--help"])
except SystemExit as end:
    status = end.code
page = AppTest.from_file("dashboard.py", default_timeout=120).run()
titles = [title.value for title in page.title]
errors = [error.value for error in page.exception]
print(json.dumps({"status": status, "titles": titles, "errors": errors}))
"""


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments, without comments."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    found = [line.partition(" ") for line in text.splitlines() if line.strip()]
    return [(keyword, argument.strip()) for keyword, _, argument in found]


def arguments(keyword: str) -> list[str]:
    return [argument for found, argument in instructions() if found == keyword]


def copies() -> list[tuple[list[str], str]]:
    """Return the sources and the target of each COPY."""
    return [(words[:-1], words[-1]) for words in map(shlex.split, arguments("COPY"))]


def is_ignored(name: str) -> bool:
    """Return whether .dockerignore leaves a file out."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    parts = name.split("/")
    starts = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    return any(
        fnmatch(each, pattern.removeprefix("**/"))
        for pattern in lines
        if pattern and not pattern.startswith("#")
        for each in (parts if pattern.startswith("**/") else starts)
    )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the image has in its working directory."""
    folder = tmp_path_factory.mktemp("image")
    for sources, target in copies():
        for source in sources:
            path = ROOT / source
            if path.is_dir():
                shutil.copytree(
                    path,
                    folder / target,
                    ignore=lambda place, names: {
                        name
                        for name in names
                        if is_ignored((Path(place) / name).relative_to(ROOT).as_posix())
                    },
                )
            else:
                shutil.copy(path, folder / target)
    return folder


def test_both_devices_are_stages_and_one_is_the_default() -> None:
    stages = [words for words in map(str.split, arguments("FROM")) if "AS" in words]
    assert {words[-1] for words in stages} == {"cpu", "gpu"}
    assert arguments("ARG") == ["DEVICE=cpu"]
    assert arguments("FROM")[-1] == "${DEVICE}"


def test_it_runs_as_user_1000_on_the_port_of_a_space() -> None:
    command = json.loads(arguments("CMD")[0])
    assert arguments("USER") == ["1000"]
    assert arguments("EXPOSE") == ["7860"]
    assert "--server.port=7860" in command
    assert "--server.address=0.0.0.0" in command
    last_copy = max(i for i, (keyword, _) in enumerate(instructions()) if keyword == "COPY")
    user = next(i for i, (keyword, _) in enumerate(instructions()) if keyword == "USER")
    assert last_copy < user, "the files belong to root, so that the dashboard cannot change them"


def test_what_it_copies_exists_and_is_not_ignored() -> None:
    for sources, _ in copies():
        for source in sources:
            assert (ROOT / source).exists(), source
            assert not is_ignored(source), source
    for name in ("weights/promoted", "mnist_core/__pycache__", "data", "runs", ".git/config"):
        assert is_ignored(name), name


def test_files_of_pip_are_copied_before(image: Path) -> None:
    before = instructions()
    ((index, command),) = [
        (i, argument) for i, (_, argument) in enumerate(before) if argument.startswith("pip ")
    ]
    copied = " ".join(argument for keyword, argument in before[:index] if keyword == "COPY").split()
    files = re.findall(r"-[rc] (\S+)", command)
    assert files == ["requirements.txt", "constraints.txt"]
    assert set(files) <= set(copied)


def test_command_is_understood_and_the_copied_files_draw_the_dashboard(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python, module, name, *options = json.loads(arguments("CMD")[0])
    assert (python, module, name) == ("python", "-m", "board")
    for variable in [name for name in os.environ if name.startswith("MNIST_")]:
        monkeypatch.delenv(variable)
    environment = {
        "HOME": str(tmp_path),
        "MNIST_RUNS": str(tmp_path / "runs"),
        "MNIST_ROOT": str(tmp_path / "data"),
    }
    output = tmp_path / "output"
    output.mkdir()
    process = run_fresh(
        USE_THE_FILES, options, image, paths=[str(image)], output=output, environment=environment
    )
    assert process.returncode == 0, process.stderr
    *usage, answer = process.stdout.splitlines()
    assert any("--server.allowedHosts" in line for line in usage)
    response = json.loads(answer)
    assert response["status"] == 0
    assert response["titles"]
    assert not response["errors"]
