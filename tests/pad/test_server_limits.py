"""The pad's server: uploads are deleted, formats and memory bounded, messages say what to do."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from support.chromium import ROOT, Server
from support.pictures import blank_picture, picture_of_a_seven
from support.waiting import until

from mnist_core import MnistCoreError
from mnist_core.runs.limits import MAX_DISK_GB, MAX_QUEUED
from pad.capacity import BusyError, PictureCapacity
from pad.functions import server_functions
from pad.limits import Limits
from pad.model_registry import ModelRegistry
from pad.page import build_page, launch_options


@pytest.fixture(scope="module")
def registry() -> ModelRegistry:
    return ModelRegistry()


def functions_of(registry: ModelRegistry, capacity: PictureCapacity) -> dict[str, Any]:
    return {function.__name__: function for function in server_functions(registry, capacity)}


def picture_request(content: bytes) -> dict[str, Any]:
    return {"model": "default", "layers": [], "picture": base64.b64encode(content).decode()}


def encoded(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(picture_of_a_seven())) as image:
        image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "MPO"])
def test_formats_that_are_meant_are_read(registry: ModelRegistry, kind: str) -> None:
    reply = functions_of(registry, PictureCapacity())["classify_picture"](
        picture_request(encoded(kind))
    )
    assert reply["digit"] == 7


@pytest.mark.parametrize("kind", ["EPS", "TGA", "PCX", "ICO", "JPEG2000", "PPM", "SGI", "ICNS"])
def test_other_formats_are_refused_before_they_are_decoded(
    registry: ModelRegistry, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EPS would start Ghostscript, an interpreter of a programming language."""
    content = encoded(kind)
    started: list[object] = []
    monkeypatch.setattr("subprocess.check_call", lambda *args, **_: started.append(args))
    reply = functions_of(registry, PictureCapacity())["classify_picture"](picture_request(content))
    assert "not an image that can be read; give a PNG" in reply["error"]
    assert started == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no picture", {"problem": "picture_format"}),
        (picture_of_a_seven()[:300], {"problem": "picture_damaged"}),
        (blank_picture(30, 4), {"problem": "picture_small", "size": [30, 4]}),
        (blank_picture(6000, 20), {"problem": "picture_large", "size": [6000, 20]}),
    ],
    ids=["format", "damaged", "small", "large"],
)
def test_what_is_wrong_with_a_picture_is_said_for_pages_in_any_language(
    registry: ModelRegistry, content: bytes, problem: dict[str, Any]
) -> None:
    reply = functions_of(registry, PictureCapacity())["classify_picture"](picture_request(content))
    assert reply.pop("error").startswith("the picture: ")
    assert reply == problem


def test_more_pictures_than_the_capacity_get_a_busy_answer(registry: ModelRegistry) -> None:
    capacity = PictureCapacity(Limits(pictures_at_once=1, pictures_waiting=0, picture_patience=0))
    functions = functions_of(registry, capacity)
    request = picture_request(picture_of_a_seven())
    with capacity.reading():
        reply = functions["classify_picture"](request)
        assert reply["busy"] is True
        assert "busy with other pictures" in reply["error"]
        # drawings need no such memory
        assert "busy" not in functions["describe_model"]({"model": "default"})
    assert functions["classify_picture"](request)["digit"] == 7


def test_capacity_bounds_what_is_read_and_what_waits() -> None:
    """Eight want to read: two do, three wait for them, three are refused at once."""
    capacity = PictureCapacity(Limits(pictures_at_once=2, pictures_waiting=3, picture_patience=60))
    release = threading.Event()
    lock = threading.Lock()
    reading, most, done, refused = 0, 0, 0, 0

    def read() -> None:
        nonlocal reading, most, done, refused
        try:
            with capacity.reading():
                with lock:
                    reading += 1
                    most = max(most, reading)
                release.wait(60)
                with lock:
                    reading -= 1
                    done += 1
        except BusyError:
            with lock:
                refused += 1

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: refused == 3, 60)
    release.set()
    for thread in threads:
        thread.join(60)
    assert (most, done, refused) == (2, 5, 3)


def test_a_failure_gives_its_place_back() -> None:
    capacity = PictureCapacity(Limits(pictures_at_once=1, pictures_waiting=0, picture_patience=0))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), capacity.reading():
            raise ZeroDivisionError


def test_who_waits_longer_than_the_patience_is_refused() -> None:
    capacity = PictureCapacity(
        Limits(pictures_at_once=1, pictures_waiting=1, picture_patience=0.01)
    )
    with (
        capacity.reading(),
        pytest.raises(BusyError, match="again in a few seconds"),
        capacity.reading(),
    ):
        pass


def test_an_idle_server_rests(registry: ModelRegistry) -> None:
    """Gradio looks at its queue 1,000 times a second, and at the progress 100 times."""
    import gradio

    ours, usual = build_page(registry)._queue, gradio.Blocks().queue()._queue
    assert ours.sleep_when_free > 10 * usual.sleep_when_free
    assert ours.progress_update_sleep_when_free > 10 * usual.progress_update_sleep_when_free


@pytest.fixture
def short_lived(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """The address of a page whose uploads are deleted after a second."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    # deleted at once
    limits = Limits.model_construct(**{**Limits().model_dump(), "upload_seconds": 1})
    page = build_page(registry, limits)
    options = launch_options(registry, limits)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **options)
    yield url
    page.close()


def test_uploads_are_deleted(short_lived: str, tmp_path: Path) -> None:
    import httpx

    files = {"files": ("seven.png", picture_of_a_seven(), "image/png")}
    (path,) = httpx.post(f"{short_lived}gradio_api/upload", files=files, timeout=60).json()
    assert Path(path).is_relative_to(tmp_path)
    until(lambda: not Path(path).parent.exists(), 60)
    # those that arrive later too
    (path,) = httpx.post(f"{short_lived}gradio_api/upload", files=files, timeout=60).json()
    until(lambda: not Path(path).parent.exists(), 60)


def test_a_plain_path_gets_the_advice_to_send_the_file(server: Server) -> None:
    client = Client(server.url, verbose=False)
    for path in ("seven.png", "/etc/passwd", "https://example.org/seven.png"):
        with pytest.raises(AppError, match="handle_file"):
            client.predict(path, api_name="/classify")


@pytest.mark.parametrize(
    "data",
    [
        [],
        [3],
        [["seven.png"]],
        [{"path": "", "url": ""}],
        [{"path": "seven.png"}],
        [{"path": "http://127.0.0.1:9/seven.png"}],
    ],
)
def test_an_input_that_is_no_picture_gets_a_reason_without_folders(
    server: Server, data: list[Any]
) -> None:
    import httpx

    sent = [
        {**value, "meta": {"_type": "gradio.FileData"}} if isinstance(value, dict) else value
        for value in data
    ]
    url = f"{server.url}gradio_api/call/classify"
    event = httpx.post(url, json={"data": sent}, timeout=60).json()["event_id"]
    answer = httpx.get(f"{url}/{event}", timeout=60).text
    assert "handle_file" in answer
    assert str(ROOT) not in answer


def test_a_folder_is_no_picture(registry: ModelRegistry, tmp_path: Path) -> None:
    """A caller may name the folder of uploads itself, or that of an upload."""
    import gradio

    (endpoint,) = build_page(registry).fns.values()
    with pytest.raises(gradio.Error, match="handle_file"):
        endpoint.fn(str(tmp_path))


@pytest.mark.parametrize("length", [90, 5000])
def test_an_overlong_name_does_not_come_back_whole(registry: ModelRegistry, length: int) -> None:
    functions = functions_of(registry, PictureCapacity())
    for name in ("describe_model", "classify_picture"):
        request = {**picture_request(picture_of_a_seven()), "model": "W" * length}
        message = functions[name](request)["error"]
        assert "W" * 61 not in message
        assert len(message) < 300


def test_limits_come_from_the_environment(registry: ModelRegistry) -> None:
    assert Limits.from_environment({}) == Limits()
    limits = Limits.from_environment({"DRAWPAD_MAX_PICTURE_BYTES": "2000"})
    assert limits.max_picture_bytes == 2000
    (classify,) = [
        function
        for function in server_functions(registry, limits=limits)
        if function.__name__ == "classify_picture"
    ]
    reply = classify(picture_request(bytes(3000)))
    assert "too large; the limit is 2,000 bytes" in reply["error"]
    limits = Limits.from_environment({"DRAWPAD_MAX_PICTURE_SIDE": "64", "DRAWPAD_MAX_STROKES": "2"})
    functions = {one.__name__: one for one in server_functions(registry, limits=limits)}
    reply = functions["classify_picture"](picture_request(picture_of_a_seven()))
    assert reply["problem"] == "picture_large"
    assert "sides from 8 to 64" in reply["error"]
    ink = base64.b64encode(bytes(56 * 56)).decode()
    request = {"model": "default", "layers": [], "ink": ink, "strokes": [[0.0, 1.0]] * 3}
    assert "3 strokes; give at most 2" in functions["classify_ink"](request)["error"]


def test_every_limit_is_documented() -> None:
    documented = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for name in Limits.model_fields:
        assert f"`DRAWPAD_{name.upper()}`" in documented
    for name in (MAX_QUEUED, MAX_DISK_GB):
        assert f"`{name}`" in documented


@pytest.mark.parametrize(
    ("name", "text"),
    [("PICTURES_AT_ONCE", "0"), ("PICTURE_PATIENCE", "inf"), ("MAX_PICTURE_BYTES", "ten")],
)
def test_a_limit_that_is_no_number_in_its_range_is_named(name: str, text: str) -> None:
    with pytest.raises(MnistCoreError, match=f"DRAWPAD_{name} is '{text}'; "):
        Limits.from_environment({f"DRAWPAD_{name}": text})
    with pytest.raises(MnistCoreError, match=r"^.{,200}$"):
        Limits.from_environment({f"DRAWPAD_{name}": text * 1000})
