from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest
from rich.console import Console

from mnist_core.cli.progress import RunProgress, StepProgress
from mnist_core.models.architectures import build_model
from mnist_core.training.events import Epoch, Event, Finished, Step, Stopped

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def step(epoch: int, step: int) -> Step:
    return Step(epoch, step, 40, 0.4567, 0.891, 1e-3, 12_345.6)


def epoch(number: int, *, best: bool = True) -> Epoch:
    return Epoch(number, 40, 0.5, 0.9, 0.25, 0.9321, [[0] * 10] * 10, 1.5, best)


def finished(*, early: bool = False) -> Finished:
    return Finished(build_model("mnist_cnn"), 2, 0.9321, 0.25, early)


def shown(events: list[Event], *, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=150, highlight=False)
    with RunProgress("mnist_cnn", 2, console) as progress:
        for event in events:
            progress(event)
    return file.getvalue()


def test_a_step_is_a_line_or_on_a_terminal_a_line_that_is_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with StepProgress() as note:
        note("read [red]\x1b[2J")
        note("write")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "read [red] [2J\nwrite\n"
    file = io.StringIO()
    with StepProgress(Console(file=file, force_terminal=True, width=80)) as note:
        note("read [red]")
        note("write")
        print("result")
    shown = ESCAPE.sub("", file.getvalue())
    assert "write 0:00:00" in shown
    assert "result" not in shown
    assert capsys.readouterr().out == "result\n"


EVENTS = [step(1, 20), step(1, 40), epoch(1), step(2, 20), epoch(2, best=False), finished()]


def test_plain_lines_where_there_is_no_terminal() -> None:
    lines = shown(EVENTS, terminal=False).splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["epoch", "1"],
        ["epoch", "2"],
        ["best", "epoch"],
    ]
    first, second, last = lines
    for words in ("train loss 0.5000 acc 90.00%", "validation loss 0.2500 acc 93.21%", "1.5 s"):
        assert words in first
    assert first.endswith("best")
    assert not second.endswith("best")
    assert last == "best epoch 2: validation accuracy 93.21%, loss 0.2500"


def test_a_plain_line_of_a_long_epoch_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=1000.0)
    fake = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr("mnist_core.cli.progress.time", fake)
    file = io.StringIO()
    with RunProgress("mnist_cnn", 2, Console(file=file, width=150)) as progress:
        for second in range(1, 36):
            clock.now = 1000.0 + second
            progress(step(1, second))
    steps = [line.split("step ")[1].split("/")[0] for line in file.getvalue().splitlines()]
    assert steps == ["11", "22", "33"]
    assert "loss 0.4567  acc 89.10%  12,346 images/s" in file.getvalue()


def test_lines_are_not_wrapped_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with RunProgress("mnist_cnn", 2) as progress:
        for event in EVENTS:
            progress(event)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [str(event) for event in EVENTS if not isinstance(event, Step)]
    assert max(map(len, lines)) > 80


def test_a_bar_on_a_terminal() -> None:
    out = shown([step(1, 20), step(2, 20)], terminal=True)
    assert ESCAPE.search(out)
    text = ESCAPE.sub("", out)
    assert "mnist_cnn" in text
    assert "━" in text
    assert "epoch 2/2  loss 0.457  acc 89.1%  12,346 images/s" in text
    assert re.search(r"\b60/80\b", text)  # steps of the whole run


def test_lines_above_the_bar() -> None:
    text = ESCAPE.sub("", shown(EVENTS, terminal=True))
    places = [text.index(str(event)) for event in EVENTS if not isinstance(event, Step)]
    assert places == sorted(places)


@pytest.mark.parametrize("terminal", [True, False])
def test_how_it_ended(terminal: bool) -> None:
    text = ESCAPE.sub("", shown([Stopped(2, 13, 40)], terminal=terminal))
    assert "stopped in epoch 2, after step 13 of 40" in text
    assert "patience exhausted" in shown([finished(early=True)], terminal=terminal)


def test_the_bar_is_removed_after_an_error() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True)

    def broken() -> None:
        with RunProgress("mnist_cnn", 2, console) as progress:
            progress(step(1, 20))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    hidden, back = "\x1b[?25l", "\x1b[?25h"  # the cursor
    assert file.getvalue().count(hidden) == file.getvalue().count(back) == 1
