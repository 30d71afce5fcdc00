from .compare import Result, differing_settings
from .conv1_history import Conv1History
from .evaluation import run_evaluation
from .metric_log import MetricReader, Series
from .metric_writer import MetricWriter
from .promotion import list_promoted, promote, withdraw
from .queue import enqueue, ensure_workers
from .run import Run
from .run_classifier import load_run_classifier
from .run_list import create_run, find_run, find_weights, list_runs
from .runner import execute
from .signals import StopFlag, stop_on_signals
from .state import RunState, RunStatus, StopReason

__all__ = [
    "Conv1History",
    "MetricReader",
    "MetricWriter",
    "Result",
    "Run",
    "RunState",
    "RunStatus",
    "Series",
    "StopFlag",
    "StopReason",
    "create_run",
    "differing_settings",
    "enqueue",
    "ensure_workers",
    "execute",
    "find_run",
    "find_weights",
    "list_promoted",
    "list_runs",
    "load_run_classifier",
    "promote",
    "run_evaluation",
    "stop_on_signals",
    "withdraw",
]
