"""Who may see the dashboard, and who may change something.

- A request for a host name that is not known is refused: see `board.access.known_hosts`.
- With a password in the environment (`board.password`), everybody logs in.
- Without one, a visitor from this machine may do everything, everybody else may only look.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto

import streamlit as st
from streamlit import config

from board.access.known_hosts import host_name, is_known_host, is_localhost, is_loopback
from board.access.login_sessions import login_sessions, token_in_tab
from board.access.password import PASSWORD, Throttle, configured_hash, matches
from board.translation import Translator
from board.widgets.clicks import clicked
from board.widgets.common import errors_shown, show_error
from mnist_core.errors import MnistCoreError

_LOGGED_IN, _TOKEN = "logged-in", "login-token"
_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Access(StrEnum):
    """What a visitor may do."""

    FULL = auto()
    READ_ONLY = auto()
    LOGIN = auto()
    """Nothing before the password is given."""
    UNKNOWN_HOST = auto()
    """Nothing."""


def decide_access(
    headers: Mapping[str, str],
    address: str | None,
    *,
    password: bool,
    logged_in: bool,
    hosts: Sequence[str] = (),
) -> Access:
    """Return what a visitor may do.

    Parameters
    ----------
    headers : mapping
        Of the request.
    address : str or None
        Of the client; None for this machine.
    password : bool
        Whether one is configured.
    logged_in : bool
        Whether the visitor has given it.
    hosts : sequence of str
        Further host names; "*.example.org" is every name below it, "*" is every name.
    """
    host = host_name(headers.get("Host", "localhost"))
    if not is_known_host(host, hosts):
        return Access.UNKNOWN_HOST
    if password:
        return Access.FULL if logged_in else Access.LOGIN
    here = address is None or is_loopback(address)
    behind_proxy = any(name in headers for name in _PROXY_HEADERS)
    local_name = is_localhost(host) or is_loopback(host)
    return Access.FULL if here and local_name and not behind_proxy else Access.READ_ONLY


def current_access() -> Access:
    """Return what the present visitor may do."""
    return decide_access(
        st.context.headers,
        _client_address(),
        password=configured_hash() is not None,
        logged_in=st.session_state.get(_LOGGED_IN) == configured_hash(),
        hosts=config.get_option("server.allowedHosts"),
    )


def may_change() -> bool:
    """Return whether the present visitor may start, stop, change and delete."""
    return current_access() is Access.FULL


def check_may_change() -> None:
    """Raise MnistCoreError if the present visitor may only look.

    A disabled button is not enough: a browser can send that it was pressed.
    """
    if not may_change():
        raise MnistCoreError(f"the dashboard is read-only for you: set {PASSWORD} to log in")


def admit(t: Translator) -> bool:
    """Return whether the page may be drawn; otherwise the reason, or the login, is on it."""
    try:
        access = current_access()
    except MnistCoreError as error:  # of the password
        show_error(error)
        return False
    if access is Access.UNKNOWN_HOST:
        host = host_name(st.context.headers.get("Host", ""))
        show_error(
            t(
                "This dashboard does not answer requests for {host}. If that is its name, start "
                "it with --server.allowedHosts {host}.",
                host=host,
            )
        )
    elif access is Access.LOGIN:
        _draw_login(t)
    elif access is Access.READ_ONLY:
        text = t(
            "Read-only: you are not on the machine that serves this page. To start, stop and "
            "change something, set {name} there and restart the dashboard.",
            name=f"`{PASSWORD}`",
        )
        st.info(text, icon=":material/lock:")
    return access in (Access.FULL, Access.READ_ONLY)


def keep_login(t: Translator) -> None:
    """Let the tab keep the login, and draw the button that ends it; nothing without a login."""
    token = st.session_state.get(_TOKEN)
    if token is None:
        return
    token_in_tab(token)
    if token:
        icon = ":material/logout:"
        st.button(t("Log out"), icon=icon, type="tertiary", on_click=_log_out, args=(token,))


def _log_out(token: str) -> None:
    login_sessions().end(token)
    st.session_state.pop(_LOGGED_IN, None)
    st.session_state[_TOKEN] = ""  # the tab forgets it


def _log_in(hashed: str, token: str) -> None:
    st.session_state[_LOGGED_IN], st.session_state[_TOKEN] = hashed, token


def _log_in_again(token: str) -> None:
    """Log in with the token of an earlier login in this tab."""
    hashed = configured_hash() or ""
    if login_sessions().is_valid(token, hashed):
        _log_in(hashed, token)


def _draw_login(t: Translator) -> None:
    if st.session_state.get(_TOKEN) is None:
        token_in_tab(None, _log_in_again)
    st.title(t("Drawpad dashboard"))
    with st.form("login", width=360):
        given = st.text_input(
            t("Password"), type="password", max_chars=1000, autocomplete="current-password"
        )
        pressed = clicked(t("Log in"), key="log-in", form=True, type="primary")
    if not pressed:
        return
    hashed = configured_hash() or ""
    with errors_shown():
        address = _client_address() or "localhost"
        if throttle().attempt(address, lambda: matches(given, hashed)):
            _log_in(hashed, login_sessions().create(hashed))
            st.rerun()
        show_error(t("This is not the password."))


def _client_address() -> str | None:
    """Return the visitor's address; None for this machine, and without a server, as in tests."""
    address = st.context.ip_address
    return address if isinstance(address, str) else None


@st.cache_resource(show_spinner=False)
def throttle() -> Throttle:
    """Return the limit of this server's failed logins."""
    return Throttle()
