"""Running ONNX models in onnxruntime, on one core. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.utils.extras import requires_extra

if TYPE_CHECKING:
    import onnxruntime

_FATAL_ONLY = 4
_RELATIVE_TOLERANCE = 1e-3
T = TypeVar("T")


_TELEMETRY = "ORT_DISABLE_TELEMETRY"


def import_onnxruntime() -> ModuleType:
    """Return the module onnxruntime, without its telemetry.

    Importing it would write an identifier of the device into the user's cache folder, and send
    events to its maker. The variable is read at that moment only; one that the user has set counts.
    Raises MnistCoreError if it is not installed.
    """
    given = os.environ.get(_TELEMETRY)
    os.environ[_TELEMETRY] = given or "1"
    try:
        with requires_extra("export"):
            import onnxruntime
    finally:
        if given is None:
            del os.environ[_TELEMETRY]
    return onnxruntime


def session_options() -> onnxruntime.SessionOptions:
    """Return options for one thread, without messages."""
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = _FATAL_ONLY
    return options


def open_session(
    content: bytes, options: onnxruntime.SessionOptions | None = None
) -> onnxruntime.InferenceSession:
    """Return a session on the CPU. Raises MnistCoreError if onnxruntime cannot load the model."""
    options = options or session_options()
    onnxruntime = import_onnxruntime()
    providers = ["CPUExecutionProvider"]
    return _explained(lambda: onnxruntime.InferenceSession(content, options, providers=providers))


def run_session(
    session: onnxruntime.InferenceSession,
    outputs: Sequence[str],
    inputs: Mapping[str, np.ndarray],
) -> list[np.ndarray]:
    """Return some outputs. Raises MnistCoreError if onnxruntime cannot compute them."""
    return _explained(lambda: session.run(list(outputs), dict(inputs)))


def check_agreement(
    what: str, actual: np.ndarray, reference: np.ndarray, allowed: float | None = None
) -> None:
    """Raise MnistCoreError if an output of an exported model is not torch's.

    Parameters
    ----------
    what : str
        The outputs, in the plural.
    allowed : float, optional
        Largest difference; by default 0.001 of the largest value (at least 1).
    """
    if actual.shape != reference.shape or actual.dtype != reference.dtype:
        raise MnistCoreError(
            f"{what} are {actual.dtype} {actual.shape} instead of {reference.dtype} "
            f"{reference.shape}"
        )
    reference = reference.astype(np.float64)
    difference = np.abs(actual - reference).max(initial=0)
    if allowed is None:
        allowed = _RELATIVE_TOLERANCE * max(1.0, np.abs(reference).max(initial=0))
    if not difference <= allowed:  # also if it is NaN
        raise MnistCoreError(
            f"{what} differ from torch's by {difference:.2g}; update onnx, onnxscript and "
            "onnxruntime"
        )


def _explained(call: Callable[[], T]) -> T:
    try:
        return call()
    # onnxruntime's errors have no common base class
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise MnistCoreError(f"onnxruntime cannot run the model: {reason}") from error
