from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from mnist_core import MnistCoreError
from mnist_core.models.damage import check_complete
from mnist_core.models.registry import weights_path


@pytest.mark.parametrize("length", [0, 1, 7, 200, 50_000])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(weights_path("mnist_cnn").read_bytes()[:length])
    with pytest.raises(MnistCoreError, match="not a complete safetensors file"):
        check_complete(path)


def test_whole_files_pass_and_so_do_those_that_loading_explains(tmp_path: Path) -> None:
    check_complete(weights_path("mnist_cnn"))
    check_complete(tmp_path / "missing.safetensors")
    torch.save({}, tmp_path / "torch.pt")
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps({}, protocol=3))
    for name in ("torch.pt", "plain.pkl"):
        check_complete(tmp_path / name)
