"""The estimated duration of the run that the form describes, and how sure it is."""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from board.page_context import PageContext
from board.translation import Translator
from board.widgets.common import draw_refreshed, duration_text
from board.widgets.markdown import escape_markdown
from mnist_core.errors import MnistCoreError
from mnist_core.runs.estimate import RunEstimate, estimate_from_runs
from mnist_core.runs.speed_process import MeasuredSpeed, SpeedProcess, SpeedRequest
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import timed_settings

_REFRESH_SECONDS = 1.0
_RUNS_SECONDS = 20
"""How long what earlier runs say is kept."""
_IDLE_SECONDS, _LOADED_SECONDS = 3600.0, 30.0
"""How long a measurement is kept: of an idle machine, and of a busy one."""
_MOST_SECONDS = 120.0
"""A measurement that takes longer is given up."""
_MOST_KEPT = 200


@dataclass
class _Running:
    key: str
    process: SpeedProcess
    began: float


class Measurements:
    """Measured speeds by settings and device; at most one is measured at a time.

    All sessions share them. May be used from several threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[MeasuredSpeed, float]] = OrderedDict()
        self._running: _Running | None = None
        self._lock = threading.Lock()

    def get(self, request: SpeedRequest) -> MeasuredSpeed | None:
        """Return the speed; None while it is measured, or another one is: ask again later.

        Raises MnistCoreError if the measurement cannot be started.
        """
        key = json.dumps([request.device, timed_settings(request.config)])
        with self._lock:
            self._collect()
            if key in self._kept:
                measured, until = self._kept[key]
                if self._clock() < until:
                    return measured
            if self._running is None:
                self._running = _Running(key, SpeedProcess(request), self._clock())
            return None

    def _collect(self) -> None:
        """Keep the result of a measurement that has ended."""
        running = self._running
        if running is None:
            return
        measured = running.process.result()
        if measured is None and self._clock() > running.began + _MOST_SECONDS:
            running.process.cancel()
            measured = MeasuredSpeed(error="the measurement took too long")
        if measured is None:
            return
        exact = measured.speed is not None and not measured.under_load
        until = self._clock() + (_IDLE_SECONDS if exact else _LOADED_SECONDS)
        self._kept.pop(running.key, None)
        self._kept[running.key] = measured, until
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        self._running = None


def prepare_estimate(context: PageContext, config: TrainConfig, device: str) -> Callable[[], None]:
    """Look for how long a run will take on a device; return what draws it.

    It is redrawn until that is measured. To look takes a moment, to draw does not: what is drawn
    together does not move the page twice.
    """
    from_runs = _from_runs(context.root, device, config.model_dump_json())
    if from_runs is not None:
        return partial(st.caption, _describe_runs(context.t, config, from_runs))
    request = SpeedRequest(config=config, root=str(context.root), device=device)
    found = _measure(request)
    if found is not None:
        return partial(_draw_measured, context.t, config, found)

    def draw() -> None:
        measured = _measure(request)
        if measured is not None:
            st.rerun()  # it is drawn without being refreshed
        _draw_measured(context.t, config, measured)

    return partial(draw_refreshed, draw, _REFRESH_SECONDS)


@st.cache_resource(show_spinner=False)
def measurements() -> Measurements:
    """Return the measurements of this server."""
    return Measurements()


def _measure(request: SpeedRequest) -> MeasuredSpeed | None:
    try:
        return measurements().get(request)
    except MnistCoreError as error:
        return MeasuredSpeed(error=str(error))


@st.cache_data(max_entries=200, ttl=_RUNS_SECONDS, show_spinner=False)
def _from_runs(root: Path, device: str, config: str) -> RunEstimate | None:
    try:
        return estimate_from_runs(TrainConfig.model_validate_json(config), device, root)
    except (MnistCoreError, RuntimeError, AssertionError):  # torch: there is no such GPU
        return None


def _describe_runs(t: Translator, config: TrainConfig, estimate: RunEstimate) -> str:
    return " ".join(
        [
            _describe_range(t, config, estimate.low, estimate.high),
            t.plural(
                estimate.runs,
                "From one earlier run with such settings on this device.",
                "From {n} earlier runs with such settings on this device.",
            ),
        ]
    )


def _draw_measured(t: Translator, config: TrainConfig, measured: MeasuredSpeed | None) -> None:
    if measured is None:
        st.caption(t("Measuring the speed to estimate the duration …"))
    elif measured.speed is None:
        st.warning(escape_markdown(measured.error), icon=":material/warning:")
    else:
        text = _describe_range(t, config, *measured.speed.run_seconds(config))
        how = (
            t("Rough: measured for a second while something else was running.")
            if measured.under_load
            else t("Rough: measured for a second, as no run with such settings has ended yet.")
        )
        st.caption(f"{text} {how}")


def _describe_range(t: Translator, config: TrainConfig, low: float, high: float) -> str:
    least, most = duration_text(low, t), duration_text(high, t)
    span = least if least == most else t("{low} to {high}", low=least, high=most)
    return t("Estimated duration: {time}. Epochs: {n}.", time=span, n=config.epochs)
