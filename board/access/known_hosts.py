"""Requests for unknown host names are refused: a foreign page can give its own name our address.

That is called DNS rebinding. Addresses, localhost and `server.allowedHosts` are known.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streamlit import config

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_TEXT = (
    "This dashboard does not answer requests for {host}. If that is its name, start it with "
    "--server.allowedHosts {host}.\n"
)
_MISDIRECTED = 421
_POLICY_VIOLATION = 1008


class KnownHosts:
    """ASGI middleware: answers every request for an unknown host with status 421.

    Streamlit itself compares the host of websockets only, and with `server.allowedHosts` alone.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == b"host"]
        host = host_name(given[0].decode("latin-1")) if len(given) == 1 else ""
        if is_known_host(host, config.get_option("server.allowedHosts")):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            body = _TEXT.format(host=host).encode()
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(body)),
            ]
            start = {"type": "http.response.start", "status": _MISDIRECTED, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": body})


def is_known_host(host: str, hosts: Iterable[str] = ()) -> bool:
    """Return whether requests for a host name are answered.

    `hosts` are further names; "*.example.org" is every name below it, "*" is every name.
    """
    return _is_address(host) or is_localhost(host) or _is_listed(host, tuple(hosts))


def host_name(host: str) -> str:
    """Return the host of a Host header, without its port; empty if that is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_localhost(host: str) -> bool:
    """Return whether a name is that of this machine in its own browser."""
    return host == "localhost" or host.endswith(".localhost")


def is_loopback(host: str) -> bool:
    """Return whether it is an address that only this machine can reach."""
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_listed(host: str, hosts: Sequence[str]) -> bool:
    return bool(host) and any(
        listed == "*" or host == listed or (listed.startswith("*.") and host.endswith(listed[1:]))
        for listed in (name.strip().lower().rstrip(".") for name in hosts)
    )
