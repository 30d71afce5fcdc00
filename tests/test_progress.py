from __future__ import annotations

import io

from rich.console import Console

from mnist_core.events import Epoch, Finished, Step, Stopped
from mnist_core.models import build_model
from mnist_core.progress import RunProgress

STEP = Step(2, 30, 100, 0.123, 0.95, 0.01, 12_345.0)
EPOCH = Epoch(2, 100, 0.3, 0.9, 0.2, 0.9876, [[0] * 10] * 10, 1.5, True)


def shown(terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=160, soft_wrap=True)
    with RunProgress("mnist_cnn", 5, console) as progress:
        for event in (STEP, EPOCH, Stopped(3, 1, 100)):
            progress(event)
        progress(Finished(build_model("mnist_cnn"), 2, 0.9876, 0.2, early=True))
    return file.getvalue()


def test_plain_lines_where_there_is_no_terminal() -> None:
    lines = shown(terminal=False).splitlines()
    assert lines == [
        "epoch   2  train loss 0.3000 acc 90.00%  validation loss 0.2000 acc 98.76%  1.5 s  best",
        "stopped in epoch 3, after step 1 of 100",
        "best epoch 2: validation accuracy 98.76%, loss 0.2000 (ended early: nothing got better)",
    ]


def test_a_bar_on_a_terminal() -> None:
    out = shown(terminal=True)
    for part in ("130/500", "epoch 2/5", "loss 0.123", "12,345 images/s", "98.76%"):
        assert part in out
