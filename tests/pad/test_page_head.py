"""What search engines and messengers see of the page."""

from __future__ import annotations

import gzip
import html.parser
import io
import urllib.request

import pytest
from PIL import Image
from support.chromium import Server

from pad.page_head import DESCRIPTION, FAVICON, PREVIEW_SIZE, TITLE


class _Head(html.parser.HTMLParser):
    """Collects the title and the meta tags."""

    def __init__(self) -> None:
        super().__init__()
        self.titles: list[str] = []
        self.tags: list[tuple[str, str]] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._in_title = tag == "title"
        if tag == "meta" and (name := values.get("property") or values.get("name")):
            self.tags.append((name, values.get("content") or ""))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.titles.append(data)
            self._in_title = False


def head_of(url: str, **headers: str) -> _Head:
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        body = response.read()
        # without a length it is sent in chunks, as it is compressed
        assert int(response.headers.get("Content-Length", len(body))) == len(body)
        compressed = response.headers.get("Content-Encoding") == "gzip"
        assert compressed == ("Accept-Encoding" in headers)
        page = (gzip.decompress(body) if compressed else body).decode()
    head = _Head()
    head.feed(page)
    return head


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip, br"}])
def test_title_description_and_preview(headers: dict[str, str], server: Server) -> None:
    head = head_of(server.url, **headers)
    tags = dict(head.tags)
    names = [name for name, _ in head.tags]
    assert head.titles == [TITLE]
    assert tags["description"] == tags["og:description"] == DESCRIPTION
    assert tags["og:title"] == tags["twitter:title"] == TITLE
    assert tags["og:url"] == server.url
    assert len(set(names)) == len(names), "Gradio's placeholders are gone"
    assert not any("gradio" in content.lower() for _, content in head.tags)
    with urllib.request.urlopen(tags["og:image"], timeout=20) as response:
        assert response.headers["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(response.read())).size == PREVIEW_SIZE


def test_headers_of_the_preview(server: Server) -> None:
    request = urllib.request.Request(f"{server.url}preview.png", method="HEAD")
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.headers["Content-Type"] == "image/png"


def test_addresses_behind_a_proxy(server: Server) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "pad.example.org"}
    tags = dict(head_of(server.url, **forwarded).tags)
    assert tags["og:url"] == "https://pad.example.org/"
    assert tags["og:image"] == "https://pad.example.org/preview.png"


def test_a_host_header_is_text_and_not_html(server: Server) -> None:
    tags = dict(head_of(server.url, Host='x"><script>alert(1)</script>').tags)
    assert "script" in tags["og:url"], "inside of the attribute"


def test_the_icon_is_ours(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}favicon.ico", timeout=20) as response:
        assert response.read() == FAVICON.read_bytes()
