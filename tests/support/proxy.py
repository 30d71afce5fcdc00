"""A proxy that serves another server below a path of its own, as those in front of a Space do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_OF_ONE_CONNECTION = {"connection", "content-length", "content-encoding", "transfer-encoding"}


@contextlib.contextmanager
def proxy_below(root_path: str, origin: str) -> Iterator[tuple[str, list[str]]]:
    """Forward requests below `root_path` to `origin`.

    Yields
    ------
    The address of the page behind the proxy, and a list that receives the paths of requests that
    left the root path.
    """
    outside: list[str] = []
    client = httpx.Client(base_url=origin, timeout=60)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def forward(self) -> None:
            if not self.path.startswith(f"{root_path}/"):
                outside.append(self.path)
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _OF_ONE_CONNECTION}
            headers["X-Forwarded-Host"] = self.headers["Host"]
            path = self.path.removeprefix(root_path)
            with client.stream(self.command, path, content=body, headers=headers) as response:
                self.send_response(response.status_code)
                for name, value in response.headers.items():
                    if name not in _OF_ONE_CONNECTION:
                        self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # the page has been closed
                    for part in response.iter_bytes():
                        self.wfile.write(part)
                        self.wfile.flush()

        do_GET = do_HEAD = do_POST = forward

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{root_path}/", outside
    finally:
        server.shutdown()
        client.close()
