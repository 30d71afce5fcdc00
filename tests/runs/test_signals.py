"""What requests a run to stop: flags and signals."""

from __future__ import annotations

import signal
import threading

import pytest

from mnist_core.runs.signals import STOP_SIGNALS, StopFlag, stop_on_signals
from mnist_core.runs.state import StopReason


def test_the_first_stop_reason_is_kept() -> None:
    flag = StopFlag()
    assert flag.reason is None
    flag.set(StopReason.PRUNED)
    flag.set(StopReason.REQUESTED)
    assert flag.reason == StopReason.PRUNED


def test_a_flag_passes_requests_on() -> None:
    sweep, first, second = StopFlag(), StopFlag(), StopFlag()
    with sweep.passed_to(first):
        assert sweep.deferred
    assert not sweep.deferred
    with sweep.passed_to(second):
        sweep.set(StopReason.REQUESTED)
    assert (first.reason, second.reason) == (None, StopReason.REQUESTED)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    flag, before = StopFlag(), signal.getsignal(number)
    flag.deferred = True
    with stop_on_signals(flag):
        signal.raise_signal(number)
        assert flag.reason == STOP_SIGNALS[number]
    assert signal.getsignal(number) == before


def test_a_second_interrupt_acts_at_once() -> None:
    flag = StopFlag()
    flag.deferred = True
    with stop_on_signals(flag):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert flag.reason == StopReason.TERMINATED


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_before_training_ends_at_once(number: signal.Signals) -> None:
    flag = StopFlag()
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), stop_on_signals(flag):
        signal.raise_signal(number)
    assert flag.reason == STOP_SIGNALS[number]
    assert signal.getsignal(number) == before


def test_signals_are_left_alone_in_another_thread() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with stop_on_signals(StopFlag()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
