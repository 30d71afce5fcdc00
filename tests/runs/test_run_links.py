"""Links to runs by their present names, for TensorBoard."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.training import small
from tensorboard.backend.event_processing.io_wrapper import GetLogdirSubdirectories

from mnist_core import MnistCoreError
from mnist_core.cli.main import main
from mnist_core.runs.run_links import link_runs
from mnist_core.runs.run_list import create_run


def test_tensorboard_finds_runs_by_their_present_names(tmp_path: Path) -> None:
    root, folder = tmp_path / "runs", tmp_path / "links"
    runs = [create_run(small(), root, name) for name in ("first", "twice", "Twice", "gone")]
    for run in runs:
        (run.folder / "events.out.tfevents.1.host").touch()
    link_runs(folder, root)
    runs[0].rename("a better name/1")
    runs[3].delete()
    assert main(["runs", "--links", str(folder), "--runs", str(root)]) == 0
    assert sorted(Path(path).name for path in GetLogdirSubdirectories(str(folder))) == sorted(
        ["a-better-name-1", f"twice-{runs[1].id}", f"Twice-{runs[2].id}"]
    )
    (runs[1].folder / "state.json").write_text("{")
    assert runs[1].id in {link.name for link in link_runs(folder, root)}


def test_a_folder_with_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(MnistCoreError, match="'link' in it; give a folder of its own"):
        link_runs(folder, tmp_path / "runs")
    assert (folder / "link").is_symlink()
