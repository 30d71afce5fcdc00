"""ASGI middleware: what the pad does not use of Gradio is closed, and so is it to foreign pages.

Among Gradio's routes are some that keep what is sent to them, or start programs: recordings of the
screen, which ffmpeg converts, states of deep links, an editor of the application, and icons of any
size that is asked for.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_API = "/gradio_api"
_READ = {
    *("/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json"),
    "/preview.png",
    *(
        f"{_API}/{name}"
        for name in (
            *("info", "openapi.json", "app_id", "startup-events", "user", "login_check", "token"),
            *("queue/data", "queue/status", "upload_progress", "theme.css"),
        )
    ),
}
_READ_BELOW = (
    *("/assets/", "/static/", "/svelte/", "/drawpad/"),
    *(f"{_API}/{name}/" for name in ("call/classify", "call/v2/classify", "heartbeat")),
)
_CALLS = tuple(f"{_API}/{name}/classify" for name in ("call", "call/v2", "run", "api"))
_WRITE = {*_CALLS, *(f"{_API}/{name}" for name in ("upload", "queue/join", "cancel", "reset"))}
_MCP = f"{_API}/mcp"
_NO_QUERY = ("page", "deep_link")
_READS = ("GET", "HEAD", "OPTIONS")


class AllowedRequests:
    """Responds with 404 to other paths, and with 403 to pages of other sites that send something.

    A browser sends forms and files from any page to any address without asking first; only the
    answer is kept from that page. Programs that are no browser say no origin, and are let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        if scope["type"] == "http":
            if not _is_used(scope):
                await refuse(404, "Not Found")(scope, receive, send)
                return
            if scope["method"] not in _READS and _is_foreign(Headers(scope=scope)):
                detail = "a page of another site must not send anything here"
                await refuse(403, detail)(scope, receive, send)
                return
        elif scope["type"] == "websocket":  # none are used
            await send({"type": "websocket.close", "code": 1000})
            return
        await self._app(_without_pages(scope), receive, send)


def path_in_app(scope: Scope) -> str:
    """Return the path of a request without the prefix that a proxy adds."""
    path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
    return path if path == "/" else path.rstrip("/")


def _is_used(scope: Scope) -> bool:
    path = path_in_app(scope)
    if path == _MCP or path.startswith(f"{_MCP}/"):
        return True
    if scope["method"] in _READS and (path in _READ or path.startswith(_READ_BELOW)):
        return True
    return scope["method"] in ("POST", "OPTIONS") and (
        path in _WRITE or path.startswith("/functions/")
    )


def _without_pages(scope: Scope) -> Scope:
    """Take other pages, and states that are kept for links, from a query: there are none."""
    query = scope.get("query_string", b"")
    if not query or path_in_app(scope) not in ("/", "/config"):
        return scope
    kept = [pair for pair in parse_qsl(query.decode("latin-1")) if pair[0] not in _NO_QUERY]
    return {**scope, "query_string": urlencode(kept).encode()}


def _is_foreign(headers: Headers) -> bool:
    # browsers say so themselves where the connection is secure, whatever a proxy does to the host
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    hosts = (headers.get("host"), *headers.get("x-forwarded-host", "").split(","))
    try:
        return urlsplit(origin).netloc not in {host.strip() for host in hosts if host}
    except ValueError:  # no origin of a browser
        return True


def refuse(status: int, detail: str) -> JSONResponse:
    """Return the response to a request whose body is not waited for."""
    return JSONResponse({"detail": detail}, status, headers={"Connection": "close"})
