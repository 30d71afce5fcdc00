"""Where the pad listens: an address or port that cannot be used is named, with what to give."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.request import getproxies_environment, proxy_bypass_environment

import pytest

from mnist_core.errors import MnistCoreError
from pad.__main__ import main
from pad.address import Address, check_root_path, take_address, without_proxies


@pytest.fixture
def used() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_used_port_is_named(used: int) -> None:
    for host in (None, "0.0.0.0", "localhost"):
        with pytest.raises(MnistCoreError, match=f"port {used} is used by other programs"):
            take_address(host, used, {})


def test_the_next_free_port_is_taken_where_none_is_given(used: int) -> None:
    environment = {"GRADIO_SERVER_PORT": str(used), "GRADIO_SERVER_NAME": ""}
    host, port = take_address(environment=environment)
    assert host == "127.0.0.1", "an empty name is no address, and not all of them"
    assert used < port < used + 100
    assert environment == {}, "Gradio reads what is in it as soon as it is imported"


def test_an_option_goes_before_the_environment() -> None:
    environment = {"GRADIO_SERVER_PORT": "none", "GRADIO_SERVER_NAME": "nosuch.invalid"}
    assert take_address("localhost", 59_871, environment) == Address("localhost", 59_871)


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_addresses_of_ipv6_have_brackets_in_urls(host: str) -> None:
    assert take_address(host, 59_872, {}) == Address("[::1]", 59_872)


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("192.0.2.1", "no address of this machine"),  # TEST-NET-1
        ("nosuch.invalid", "no address of this machine"),
        ("::1x", "no address of this machine"),
        ("a" * 300, "give another --host"),
        ("a\0b", "give another --host"),
    ],
)
def test_a_host_that_is_not_this_machine(host: str, message: str) -> None:
    with pytest.raises(MnistCoreError, match=message) as raised:
        take_address(host, 59_873, {})
    assert len(str(raised.value)) < 250


@pytest.mark.parametrize("port", ["abc", "80.5", "0", "-5", "65536", "9" * 30, "\u0663\ud800"])
def test_what_is_no_port(port: str) -> None:
    with pytest.raises(MnistCoreError, match="from 1 to 65535"):
        take_address(environment={"GRADIO_SERVER_PORT": port})


def test_a_root_path_is_a_path_or_an_address() -> None:
    check_root_path({})
    for good in ("", "/pad", "/a/b/", "https://h", "https://example.org/pad", "http://[::1]:80/x"):
        check_root_path({"GRADIO_ROOT_PATH": good})
    for bad in ("pad", "/", "//h", "/a b", "/a?b", "/a//b", "?q", "ftp://h/x", "javascript:1"):
        with pytest.raises(MnistCoreError, match=r"GRADIO_ROOT_PATH is .*; give the path"):
            check_root_path({"GRADIO_ROOT_PATH": bad})
    for bad in ("http://", "http:///x", "http://h:99999/", "http://h:0/", "http://[x/", "x" * 999):
        with pytest.raises(MnistCoreError) as raised:
            check_root_path({"GRADIO_ROOT_PATH": bad})
        assert len(str(raised.value)) < 250


def test_command_says_it_in_words(used: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", str(used)]) == 2
    assert capsys.readouterr().err == (
        f"error: port {used} is used by other programs; stop one, or give another --port\n"
    )


def test_a_proxy_is_not_asked_for_the_own_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    for before in ("example.org", None):
        if before is None:
            monkeypatch.delenv("no_proxy")
        else:
            monkeypatch.setenv("no_proxy", before)
        with without_proxies():
            assert proxy_bypass_environment("127.0.0.1", getproxies_environment())
        assert getproxies_environment().get("no") == before
        assert not proxy_bypass_environment("127.0.0.1", getproxies_environment())
