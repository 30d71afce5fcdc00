"""Ask an ASGI application, such as middleware, without a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from support.threads import run


def ask(
    app: Any,
    path: str = "/gradio_api/upload",
    method: str = "POST",
    receive: Callable[[], Awaitable[Any]] | None = None,
    **headers: str,
) -> tuple[int, str]:
    """Return status and body of an ASGI application's response."""
    sent: list[dict[str, Any]] = []

    async def nothing_more() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
    run(app(scope, receive or nothing_more, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body.decode()
