"""How tests are run: settings of libraries, order, processes. Fixtures: support/fixtures.py."""

from __future__ import annotations

import atexit
import gc
import os

# the modules that are imported until the tests are collected are no garbage; to look for it would
# take a fifth of the time
gc.disable()

# read when torch is imported; child processes inherit it: worker processes share the cores
os.environ.setdefault("OMP_NUM_THREADS", "1")
# without byte code, each child process would compile the packages again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import re
import signal
import sys

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# the same examples on every run, and no deadline: a busy machine is no failure
settings.register_profile("tests", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("tests")

sys.dont_write_bytecode = False

# started by nohup, this process and its children would ignore the signal that tests send them
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


_GROUPS = (
    "/browser/test_pad_",
    "/browser/test_board_",
    "/search/|/runs/test_processes",
    "/inference/test_export|/examples/",
)
"""Files with the same server, pages, or process from which others are forked."""


class _GroupScheduling(LoadFileScheduling):
    """One worker process runs a file, or a group of files: it starts once what they share."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((group for group in _GROUPS if re.search(group, file)), file)


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures, and torch with them, but not in a controller, which runs no tests."""
    controls = config.option.dist != "no" and not config.option.collectonly
    if hasattr(config, "workerinput") or not controls:
        import torch

        # the tensors here are small; one thread is faster on a machine that does something else too
        torch.set_num_threads(1)
        config.pluginmanager.import_plugin("support.fixtures")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    return _GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests first: at the end, one worker would wait for the other.

    Of them, a test that starts the server again comes last: its pages are opened again.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("browser") is None,
            "restarted_server" in getattr(item, "fixturenames", ()),
        )
    )


def pytest_collection_finish() -> None:
    gc.freeze()  # what was imported is not searched later either
    gc.enable()
    atexit.register(gc.unfreeze)  # bindings would report what is not deleted at exit
