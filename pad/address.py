"""Where the pad listens, checked before Gradio tries it, whose errors do not say what to change."""

import contextlib
import errno
import os
import re
import socket
from collections.abc import Iterator, Mapping, MutableMapping
from typing import NamedTuple
from urllib.parse import urlsplit

from mnist_core.errors import MnistCoreError

HOST, PORT, ROOT_PATH = "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH"
"""Environment variables."""

_LOOPBACK = "127.0.0.1"
_FIRST, _TRIED, _LAST = 7860, 100, 65535
_PATH = r"(/[^/?#\\\s]+)"
_PATH_OR_ADDRESS = re.compile(rf"{_PATH}+/?|https?:/{_PATH}+/?")


class Address(NamedTuple):
    """An address of this machine, and a port that is free."""

    host: str
    port: int


def take_address(
    host: str | None = None,
    port: int | None = None,
    environment: MutableMapping[str, str] = os.environ,
) -> Address:
    """Return where to listen; the environment's variables are taken out of it, also for Gradio.

    Parameters
    ----------
    host : str or None
        By default, what `GRADIO_SERVER_NAME` says, else 127.0.0.1.
    port : int or None
        By default, the first free one of a hundred from `GRADIO_SERVER_PORT`, else from 7860.

    Raises
    ------
    MnistCoreError
        If the host is none of this machine, or there is no such port or it is not free.
    """
    given_host, given_port = environment.pop(HOST, ""), environment.pop(PORT, "")
    host = host or given_host or _LOOPBACK
    first = _port(given_port) if port is None and given_port else port
    if first is None:
        first = _FIRST
    if not 1 <= first <= _LAST:
        raise MnistCoreError(f"there is no port {first}; give a --port from 1 to {_LAST}")
    last = first if port is not None else min(first + _TRIED - 1, _LAST)
    for candidate in range(first, last + 1):
        if _is_free(host, candidate):
            return Address(_bracketed(host), candidate)
    ports = f"port {first} is" if first == last else f"ports {first} to {last} are"
    raise MnistCoreError(f"{ports} used by other programs; stop one, or give another --port")


def check_root_path(environment: Mapping[str, str] = os.environ) -> None:
    """Check the path or address below which a proxy serves the page, as Gradio will use it.

    Raises
    ------
    MnistCoreError
        If `GRADIO_ROOT_PATH` is neither: the page would look for its files where there are none.
    """
    given = environment.get(ROOT_PATH, "")
    if given and not _is_root_path(given):
        raise MnistCoreError(
            f"{ROOT_PATH} is {given[:60]!r}; give the path below which a proxy serves the pad, "
            "such as /drawpad, or its address, such as https://example.org/drawpad"
        )


def _is_root_path(text: str) -> bool:
    if not _PATH_OR_ADDRESS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.port != 0 and (not parts.scheme or bool(parts.hostname))
    except ValueError:  # brackets of no IPv6 address, or no port
        return False


@contextlib.contextmanager
def without_proxies() -> Iterator[None]:
    """Let this process ask its own page: a proxy for other hosts cannot reach it."""
    name = "no_proxy"
    before = os.environ.get(name)
    os.environ[name] = "*"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _port(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise MnistCoreError(f"{PORT} is {text[:20]!r}; give a number from 1 to {_LAST}") from None


def _bracketed(host: str) -> str:
    """Return a host as it is in a URL."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_free(host: str, port: int) -> bool:
    """Return whether a port can be listened on. Raises MnistCoreError if no port could be."""
    try:
        _bind(host, port)
        _bind(_LOOPBACK, port)  # where Gradio looks whether it is free
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        if error.errno in (errno.EACCES, errno.EPERM):
            raise MnistCoreError(
                f"port {port} is reserved for the system ({error.strerror}); "
                f"give a --port from 1024 to {_LAST}"
            ) from error
        raise MnistCoreError(
            f"{host[:100]!r} is no address of this machine ({error.strerror}); give another --host"
        ) from error
    except UnicodeError as error:
        raise MnistCoreError(f"{host[:100]!r} is no address; give another --host") from error
    return True


def _bind(host: str, port: int) -> None:
    """Bind a port as asyncio does. Raises OSError, or UnicodeError for what is no name."""
    bare = host.removeprefix("[").removesuffix("]")
    for family, kind, protocol, _, place in socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM):
        try:
            probe = socket.socket(family, kind, protocol)
        except OSError:  # such as IPv6, where the system has none
            continue
        with probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(place)
