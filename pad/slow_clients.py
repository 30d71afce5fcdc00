"""Connections whose request does not arrive are closed: uvicorn itself waits for it for ever.

A body that arrives too slowly is refused by `pad.middleware.BodyLimit`.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Protocol

from starlette.applications import Starlette

_EVERY = 1.0  # seconds


class Connection(Protocol):
    """What is used of uvicorn's connections, of either of its HTTP implementations."""

    transport: Any
    cycle: Any
    timeout_keep_alive_task: Any


class HeaderWatch:
    """Closes connections that have been sending the lines of one request for too long.

    Parameters
    ----------
    patience : float
        Seconds.
    clock : callable
        Seconds; tests have their own.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._since: dict[tuple[Connection, int], float] = {}

    def close_slow(self, connections: Iterable[Connection]) -> int:
        """Close those that are too slow; return how many. To be called every second or so."""
        now = self._clock()
        # with the last request that was answered: a later one is another wait
        waiting = {(one, id(one.cycle)) for one in connections if _is_receiving(one)}
        self._since = {key: self._since.get(key, now) for key in waiting}
        slow = [one for (one, _), since in self._since.items() if now - since >= self._patience]
        for one in slow:
            one.transport.abort()
        return len(slow)


def _is_receiving(connection: Connection) -> bool:
    if not hasattr(connection, "cycle"):  # of another protocol
        return False
    if connection.timeout_keep_alive_task is not None:  # uvicorn closes it when that has passed
        return False
    return connection.cycle is None or connection.cycle.response_complete


@contextlib.asynccontextmanager
async def closing_slow_clients(app: Starlette, patience: float) -> AsyncIterator[None]:
    """Watch the connections of the server that serves a Gradio application."""
    watch = HeaderWatch(patience)

    async def look() -> None:
        while True:
            await asyncio.sleep(_EVERY)
            # set once the server has started
            server = getattr(app.get_blocks(), "server", None)  # type: ignore[attr-defined]
            if server is not None:
                watch.close_slow(list(server.server_state.connections))

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
