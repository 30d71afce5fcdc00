"""Addresses of more than one part, such as /runs/x, are sent to one of a single part.

A page's address has one part. With more, the browser looks for Streamlit's scripts in the wrong
place and the page stays empty; so it does if the path is not valid UTF-8, which they cannot decode.
"""

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from streamlit import config

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_FILES = {"_stcore", "app", "component", "media", "static", "vendor"}
"""Parts of the addresses of what is no page.

Streamlit's page looks for its server below its own address first, and must not find it there.
"""
_TEMPORARY_REDIRECT = 307


class PageAddresses:
    """ASGI middleware: redirects requests for an address that cannot be a page's."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, or answer it."""
        target = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            raw = scope.get("raw_path") or quote(scope["path"]).encode()
            target = page_address(raw.decode("latin-1"), config.get_option("server.baseUrlPath"))
        if target is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"location", target.encode()), (b"content-length", b"0")]
        start = {"type": "http.response.start", "status": _TEMPORARY_REDIRECT, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": b""})


def page_address(path: str, base: str = "") -> str | None:
    """Return where a request for a path, as it was sent, is redirected; None if it is not.

    The answer is relative to the path, for proxies that serve the dashboard below another one.
    `base` is the first part of all addresses of the dashboard.
    """
    within = path.removeprefix("/")
    if base := base.strip("/"):
        if not within.startswith(f"{base}/"):
            return None
        within = within.removeprefix(f"{base}/")
    within = within.rstrip("/")
    given = unquote_to_bytes(within)
    name = given.decode("utf-8", "replace").strip("/")
    is_page = "/" not in name and name.encode() == given
    if is_page or not name or _FILES.intersection(within.split("/")):
        return None
    up = "../" * path.removeprefix(f"/{base}" if base else "").count("/", 1)
    return f"./{up}{quote(name.replace('/', '_'), safe='')}"
