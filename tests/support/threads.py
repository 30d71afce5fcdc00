"""Calls that a test's own thread may not make."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def in_thread(call: Callable[..., T], *arguments: Any) -> T:
    """Return the result of a call in a thread of its own.

    Playwright, which browser tests of this process may have started, keeps an event loop running in
    the main thread.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *arguments).result()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine."""
    return in_thread(asyncio.run, coroutine)
