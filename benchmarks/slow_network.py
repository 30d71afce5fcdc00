"""A network between browser and server on one machine: it delays and counts what passes."""

import asyncio
import contextlib
import threading
from typing import Self

from tests.support.chromium import free_port


class SlowNetwork:
    """Forwards connections to a port of this machine; use it in a `with` block.

    Parameters
    ----------
    port : int
        Of the server.
    delay : float
        Round-trip time in milliseconds: half of it in each direction.

    Attributes
    ----------
    url : str
        Where the server is reached over this network.
    received : int
        Bytes that the server has sent so far, with headers.
    """

    def __init__(self, port: int, delay: float = 0) -> None:
        self._target = port
        self._port = free_port()
        self._one_way = delay / 2000
        self.url = f"http://127.0.0.1:{self._port}/"
        self.received = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._connect, "127.0.0.1", self._port)
        asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        return self

    def __exit__(self, *_exception: object) -> None:
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        with contextlib.suppress(asyncio.CancelledError):  # at the end
            await asyncio.gather(
                self._pump(reader, server_writer, False), self._pump(server_reader, writer, True)
            )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: bool
    ) -> None:
        """Pass on what arrives, each piece after the delay and in order."""
        sent: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                at, data = await sent.get()
                await asyncio.sleep(max(0.0, at - self._loop.time()))
                if not data:
                    writer.close()
                    return
                writer.write(data)

        delivering = asyncio.ensure_future(deliver())
        try:
            data = b"-"
            while data:
                data = await reader.read(1 << 16)
                if counts:
                    self.received += len(data)
                sent.put_nowait((self._loop.time() + self._one_way, data))
        except ConnectionError:
            sent.put_nowait((0.0, b""))
        await delivering


async def _cancel_others() -> None:
    """End all connections."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
