"""Logins that outlive a reload of the page: random tokens, which the visitor's tab keeps."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

SECONDS = 12 * 3600.0
"""How long a token is valid after the login."""
_MOST = 1000
_WEB = Path(__file__).parents[1] / "web"


class LoginSessions:
    """The valid tokens: of each, its SHA-256, the password's hash it was given for, and its end.

    They end with the server, with another password, and after `SECONDS`. May be used from several
    threads.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def create(self, password_hash: str) -> str:
        """Return a new token, for somebody who has given the password with this hash."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._known[_digest(token)] = password_hash, self._clock() + SECONDS
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return token

    def is_valid(self, token: str, password_hash: str) -> bool:
        """Return whether a token was given for this password and has not ended."""
        with self._lock:
            found = self._known.get(_digest(token))
        return found is not None and found[0] == password_hash and self._clock() < found[1]

    def end(self, token: str) -> None:
        """Make a token invalid."""
        with self._lock:
            self._known.pop(_digest(token), None)


@st.cache_resource(show_spinner=False)
def login_sessions() -> LoginSessions:
    """Return the logins of this server."""
    return LoginSessions()


def token_in_tab(keep: str | None, found: Callable[[str], None] = lambda token: None) -> None:
    """Keep a token in the visitor's tab, or read it from there.

    Parameters
    ----------
    keep : str or None
        The token to keep; empty: the tab forgets its token. None: it is read, and if there is one,
        `found` is called with it before the page is drawn again.
    """
    component = st.components.v2.component(
        "login_token",
        html="<div></div>",
        js=(_WEB / "login_token.js").read_text(encoding="utf-8"),
    )
    key = "login-token-read" if keep is None else "login-token-keep"

    def report() -> None:
        token: Any = st.session_state[key].token
        if isinstance(token, str) and token:
            found(token)

    component(data={"keep": keep}, key=key, height=0, on_token_change=report)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
