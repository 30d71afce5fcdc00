"""ASGI middleware: the page's title, description and preview, in place of Gradio's."""

import html
import re
from pathlib import Path

from starlette.datastructures import URL, Headers, MutableHeaders
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pad.allowed_requests import path_in_app

TITLE = "Drawpad for digits"
DESCRIPTION = (
    "Draw a digit and watch a neural network trained on MNIST read it while you draw: "
    "ten probabilities, its input, and what each of its layers sees."
)
PREVIEW = Path(__file__).parent / "web/preview.png"
PREVIEW_SIZE = (1200, 630)
FAVICON = Path(__file__).parent / "web/favicon.png"

_END_OF_TIMER = """<script>
// Gradio's loading indicator counts time in every frame, also when it has been removed. It keeps
// the function that requests frames as it is at first: that one serves the page until it is there.
{
  const request = window.requestAnimationFrame;
  const atFirst = (callback) => {
    if (window.requestAnimationFrame !== atFirst) return 0;
    if (document.querySelector("#sketchpad .drawpad")) window.requestAnimationFrame = request;
    return request(callback);
  };
  window.requestAnimationFrame = atFirst;
}
</script>"""

_CHINESE = """<script>
// Gradio knows two kinds of Chinese by name, and shows English to a browser that names another one.
if (/^zh\\b(?!-(CN|TW)$)/i.test(navigator.language)) {
  const known = /-(Hant|HK|MO|TW)\\b/i.test(navigator.language) ? "zh-TW" : "zh-CN";
  Object.defineProperty(navigator, "language", { get: () => known });
}
</script>"""

_PLACEHOLDERS = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*|<title>.*?</title>')


class PageHead:
    """Rewrites the head of the page, and serves the preview image that it names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the page itself gets another head."""
        path = path_in_app(scope) if _is_read(scope) else ""
        if path == "/preview.png":  # some sites ask for its headers first
            response = FileResponse(PREVIEW, headers={"Cache-Control": "public, max-age=86400"})
            await response(scope, receive, send)
        elif path == "/" and scope["method"] == "GET":
            await self._app(scope, receive, _Rewriter(scope, send))
        else:
            await self._app(scope, receive, send)


def page_head(address: str) -> str:
    """Return the tags of the page at an address that ends with a slash."""
    shown = {
        "og:type": "website",
        "og:title": TITLE,
        "og:description": DESCRIPTION,
        "og:url": address,
        "og:image": f"{address}preview.png",
        "og:image:width": str(PREVIEW_SIZE[0]),
        "og:image:height": str(PREVIEW_SIZE[1]),
        "og:image:alt": "A drawn digit, its probabilities and the network's feature maps",
    }
    named = {
        "description": DESCRIPTION,
        "twitter:card": "summary_large_image",
        "twitter:title": TITLE,
        "twitter:description": DESCRIPTION,
        "twitter:image": shown["og:image"],
    }
    tags = [f"<title>{html.escape(TITLE)}</title>"]
    for kind, entries in (("property", shown), ("name", named)):
        tags += [
            f'<meta {kind}="{name}" content="{html.escape(text)}">'
            for name, text in entries.items()
        ]
    return "\n".join(tags)


class _Rewriter:
    """Collects the page, then sends it with another head."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(self._start)

    async def _send_page(self, start: Message) -> None:
        page = _PLACEHOLDERS.sub("", self._body.decode("utf-8"))
        head = f"{page_head(_address(self._scope))}\n{_CHINESE}\n{_END_OF_TIMER}"
        body = page.replace("</head>", f"{head}\n</head>", 1).encode("utf-8")
        headers = MutableHeaders(raw=list(start["headers"]))
        if "content-length" in headers:  # absent from answers to HEAD
            headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_read(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_html = headers.get("content-type", "").startswith("text/html")
    return start["status"] == 200 and is_html and "content-encoding" not in headers


def _address(scope: Scope) -> str:
    """Return the page's address as the visitor knows it, also behind a proxy."""
    # Gradio's own root path (GRADIO_ROOT_PATH) is a path or a whole address
    root = (scope.get("root_path") or getattr(scope.get("app"), "root_path", "")).rstrip("/")
    if root.startswith(("http://", "https://")):
        return f"{root}/"
    headers = Headers(scope=scope)
    scheme = headers.get("x-forwarded-proto", scope["scheme"]).split(",")[0].strip()
    host = headers.get("x-forwarded-host") or headers.get("host") or "localhost"
    return str(URL(f"{scheme}://{host.split(',')[0].strip()}{root}/"))
