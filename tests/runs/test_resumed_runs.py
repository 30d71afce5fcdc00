"""Runs that are stopped, and resumed as if they had not been."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.resumable import CONFIG, at, check_same, throw
from support.training import Splits, small

from mnist_core import MnistCoreError
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, find_run, find_weights
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunState, StopReason
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.events import Epoch, Event, Step

# everything that a run must remember: random images, a moving average, a schedule, momentum


# --- stop and resume ----------------------------------------------------------------------------


def test_stopped_on_request_twice_and_resumed(whole: Run, few: Splits, run: Run) -> None:
    # at the last step of the first epoch, and at the first step of the third
    for kind, epoch, stopped_at in ((Step, 1, (1, 20)), (Epoch, 2, (3, 1))):

        def listen(event: Event, kind: type[Event] = kind, epoch: int = epoch) -> None:
            if isinstance(event, kind) and event.epoch == epoch:
                Run(run.folder).request_stop()

        state = execute(run, splits=few, listen=listen)
        assert (state.status, state.reason) == ("stopped", "stopped on request")
        assert state.ended
        checkpoint = load_checkpoint(run.checkpoint_path)
        assert (checkpoint["epoch"], checkpoint["step"]) == stopped_at
        assert state.step == checkpoint["step"]
        assert "stopped on request" in run.log_path.read_text()
    # a new handle, as a new process would have
    state = execute(find_run(run.id, run.folder.parent), splits=few)
    assert (state.status, state.step) == ("finished", 0)
    check_same(run, whole)


def test_a_flag_stops_a_run_with_its_reason(few: Splits, tmp_path: Path) -> None:
    run, flag = create_run(small(epochs=50), tmp_path), StopFlag()
    state = execute(
        run, splits=few, listen=at(1, lambda: flag.set(StopReason.REQUESTED)), stop=flag
    )
    assert (state.status, state.reason, state.epoch) == ("stopped", "stopped on request", 1)


def test_stopped_before_its_first_epoch_was_complete(whole: Run, few: Splits, run: Run) -> None:
    flag = StopFlag()
    flag.set(StopReason.REQUESTED)
    state = execute(run, splits=few, stop=flag)
    assert (state.status, state.epoch) == ("stopped", 0)
    with pytest.raises(MnistCoreError, match="no weights yet"):
        find_weights(run.id, run.folder.parent)
    assert execute(run, splits=few).status == "finished"
    check_same(run, whole)


def test_an_interrupt_stops_the_run(whole: Run, few: Splits, run: Run) -> None:
    with pytest.raises(KeyboardInterrupt):
        execute(run, splits=few, listen=at(2, throw(KeyboardInterrupt())))
    state = run.state()
    assert (state.status, state.reason, state.epoch) == ("stopped", "stopped by SIGINT", 2)
    execute(run, splits=few)
    check_same(run, whole)


def test_a_state_older_than_the_checkpoint(
    whole: Run, few: Splits, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = Run.update_state

    def die(self: Run, **changes: object) -> RunState:
        if changes.get("epoch") == CONFIG.epochs:
            raise KeyboardInterrupt  # killed between the two files
        return update(self, **changes)

    monkeypatch.setattr(Run, "update_state", die)
    with pytest.raises(KeyboardInterrupt):
        execute(run, splits=few)
    monkeypatch.undo()
    assert run.state().epoch == CONFIG.epochs - 1
    assert execute(run, splits=few).status == "finished"
    check_same(run, whole)
