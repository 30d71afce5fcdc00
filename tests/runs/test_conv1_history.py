"""How a run's first convolution came to be."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from support.training import Splits, part, small

from mnist_core import MnistCoreError
from mnist_core.data.mnist import normalise
from mnist_core.models.architectures import build_model
from mnist_core.models.network import DigitNet
from mnist_core.models.weights import load_weights
from mnist_core.runs.conv1_history import Conv1History
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.events import Epoch, Event, Step

CONFIG = small(model="mnist_cnn_bn", epochs=3, ema_decay=0.5)


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """500 training and 100 validation images: 10 steps of 50 an epoch."""
    return part(small_splits, 500, 100)


@pytest.fixture(scope="module")
def run(few: Splits, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = create_run(CONFIG, tmp_path_factory.mktemp("runs"))
    execute(run, splits=few)
    return run


@pytest.fixture
def net() -> DigitNet:
    return build_model("mnist_cnn")


def files(run: Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run.folder / "conv1").iterdir()}


def test_the_start_and_every_epoch_are_kept(run: Run) -> None:
    history = Conv1History(run)
    assert history.epochs() == [0, 1, 2, 3]
    before, *_, after = (history.kernels(epoch) for epoch in history.epochs())
    assert before.shape == (10, 1, 5, 5)
    assert not torch.equal(before, after)
    torch.manual_seed(CONFIG.seed)
    fresh = build_model("mnist_cnn_bn")
    assert torch.equal(before, fresh.kernel("conv1"))


def test_the_best_epoch_is_what_the_best_weights_hold(run: Run, few: Splits) -> None:
    history, best = Conv1History(run), run.state().best_epoch
    model = load_weights(run.weights_path)[0]
    kept = history.stage(best).state_dict()
    assert kept.keys() == model.conv1.state_dict().keys()
    for name, tensor in model.conv1.state_dict().items():
        assert torch.equal(kept[name], tensor), name
    frame = few[1].images[0]
    with torch.inference_mode():
        maps = model.forward_with_maps(normalise(frame[None]))[1]["conv1"][0]
    assert torch.equal(history.maps(frame, best), maps)
    assert torch.equal(history.maps(frame[0], best), maps)


def test_one_scale_spans_all_epochs(run: Run, few: Splits) -> None:
    history, frame = Conv1History(run), few[1].images[0]
    extent, highest = history.largest(frame)
    kernels = [history.kernels(epoch).abs().max().item() for epoch in history.epochs()]
    assert (extent, len(set(kernels))) == (max(kernels), 4)
    assert highest == max(history.maps(frame, epoch).max().item() for epoch in history.epochs())


def test_a_run_that_is_stopped_and_resumed_keeps_the_same(
    run: Run, few: Splits, tmp_path: Path
) -> None:
    other = create_run(CONFIG, tmp_path)
    stop = StopFlag()

    def listen(event: Event) -> None:
        if isinstance(event, Step) and event.epoch == 2:
            stop.set(StopReason.REQUESTED)

    execute(other, splits=few, listen=listen, stop=stop)
    assert Conv1History(other).epochs() == [0, 1]
    execute(other, splits=few)
    assert files(other) == files(run)


def test_history_is_readable_during_training(few: Splits, tmp_path: Path) -> None:
    run, seen = create_run(CONFIG, tmp_path), []

    def listen(event: Event) -> None:
        if isinstance(event, Epoch):
            seen.append(Conv1History(Run(run.folder)).epochs())

    execute(run, splits=few, listen=listen)
    assert seen == [[0, 1], [0, 1, 2], [0, 1, 2, 3]]


@pytest.mark.parametrize("epochs", [1, 200, 201, 410])
def test_a_long_run_is_thinned_and_its_last_epoch_stays(
    epochs: int, net: DigitNet, tmp_path: Path
) -> None:
    history = Conv1History(create_run(small(epochs=epochs), tmp_path))
    for epoch in range(epochs + 1):
        history.keep(net, epoch, epochs)
        if epoch % 97 == 0:  # also where it ends early
            assert history.epochs()[-1] == epoch
    kept = history.epochs()
    assert (kept[0], kept[-1]) == (0, epochs)
    assert len(kept) <= 202
    assert epochs > 200 or kept == list(range(epochs + 1))
    gaps = {later - before for before, later in pairwise(kept)}
    assert max(gaps) <= -(-epochs // 200)


def test_files_of_a_killed_process_are_removed(net: DigitNet, tmp_path: Path) -> None:
    run = create_run(small(), tmp_path)
    history = Conv1History(run)
    history.keep(net, 0, 1)
    (run.folder / "conv1/00001.safetensors.1-1.tmp").write_bytes(b"half")
    assert history.epochs() == [0]
    history.keep(net, 1, 1)
    assert sorted(files(run)) == ["00000.safetensors", "00001.safetensors"]


def test_damaged_histories_are_reported(net: DigitNet, tmp_path: Path) -> None:
    run = create_run(small(), tmp_path)
    history = Conv1History(run)
    assert history.epochs() == []
    with pytest.raises(MnistCoreError, match="kept no conv1 of epoch 0; it kept none"):
        history.stage(0)
    history.keep(net, 0, 1)
    with pytest.raises(MnistCoreError, match="of epoch 7; it kept epochs 0 to 0"):
        history.kernels(7)
    with pytest.raises(MnistCoreError, match="give \\(28, 28\\)"):
        history.maps(torch.zeros(3, 3), 0)
    history.keep(build_model("mnist_resnet"), 1, 1)
    with pytest.raises(MnistCoreError, match="does not fit mnist_cnn"):
        history.stage(1)
    (run.folder / "conv1/00000.safetensors").write_bytes(b"half")
    with pytest.raises(MnistCoreError, match=r"00000\.safetensors: this file is damaged"):
        history.stage(0)


def test_a_folder_that_cannot_be_written_is_reported(net: DigitNet, tmp_path: Path) -> None:
    run = create_run(small(), tmp_path)
    (run.folder / "conv1").write_text("a file")
    with pytest.raises(MnistCoreError, match="cannot be written"):
        Conv1History(run).keep(net, 0, 1)
    assert Conv1History(run).epochs() == []
    run.delete()
    with pytest.raises(MnistCoreError, match="cannot be written"):
        Conv1History(run).keep(net, 0, 1)
    assert not run.folder.exists()


@pytest.mark.parametrize("damage", ["float16", "complex64", "nan", "F4"])
def test_tensors_of_another_kind_are_reported(damage: str, run: Run, tmp_path: Path) -> None:
    state = Conv1History(run).stage(0).state_dict()
    if damage == "nan":
        state = {name: tensor * torch.nan for name, tensor in state.items()}
    elif damage != "F4":
        state = {name: tensor.to(getattr(torch, damage)) for name, tensor in state.items()}
    content = save(state)
    if damage == "F4":  # a type that safetensors knows and torch does not
        header = b'{"weight":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}'
        content = len(header).to_bytes(8, "little") + header + b"\0"
    other = create_run(CONFIG, tmp_path)
    (other.folder / "conv1").mkdir()
    (other.folder / "conv1" / "00000.safetensors").write_bytes(content)
    with pytest.raises(MnistCoreError, match="damaged"):
        Conv1History(other).maps(torch.zeros(28, 28), 0)


def test_a_folder_elsewhere_is_left_alone(net: DigitNet, tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path / "runs")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.tmp").touch()
    (run.folder / "conv1").symlink_to(elsewhere)
    with pytest.raises(MnistCoreError, match="symbolic link"):
        Conv1History(run).keep(net, 0, 3)
    assert [path.name for path in elsewhere.iterdir()] == ["mine.tmp"]
