"""The pad's server without a browser: payloads, the endpoint."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from support.chromium import ROOT, Server

from mnist_core import Classifier
from mnist_core.inference.onnx_classifier import load_onnx_classifier
from pad.files import file_urls
from pad.functions import server_functions
from pad.limits import Limits
from pad.model_registry import ModelRegistry


@pytest.fixture(scope="module")
def functions() -> dict[str, Any]:
    return {function.__name__: function for function in server_functions(ModelRegistry())}


def test_canvases_are_classified_as_ink(functions: dict[str, Any]) -> None:
    canvases = np.zeros((3, 56, 56), np.uint8)
    canvases[0, 10:46, 26:30] = 255
    canvases[1, 10:46, 20:36] = 255
    request = {"model": "default", "canvases": base64.b64encode(canvases.tobytes()).decode()}
    reply = functions["classify_canvases"](request)
    found, scores = reply["probabilities"], reply["digit_scores"]
    for canvas, probabilities, score in zip(canvases[:2], found, scores, strict=False):
        ink = base64.b64encode(canvas.tobytes()).decode()
        one = functions["classify_ink"]({"model": "default", "layers": [], "ink": ink})
        assert probabilities == pytest.approx(one["probabilities"], abs=1e-4)
        assert score == pytest.approx(one["digit_score"], abs=1e-3)
    assert found[2] == [0.1] * 10


@pytest.mark.parametrize("size", [0, 56 * 56 - 1, 257 * 56 * 56], ids=["none", "part", "many"])
def test_malformed_canvases_are_refused(functions: dict[str, Any], size: int) -> None:
    request = {"model": "default", "canvases": base64.b64encode(bytes(size)).decode()}
    assert "canvases" in functions["classify_canvases"](request)["error"]


def test_hidden_layer_is_part_of_a_reading_with_maps(functions: dict[str, Any]) -> None:
    ink = np.zeros((56, 56), np.uint8)
    ink[10:46, 26:30] = 255
    request = {"model": "mnist_cnn", "ink": base64.b64encode(ink.tobytes()).decode()}
    assert functions["classify_ink"]({**request, "layers": []})["hidden"] is None
    hidden = functions["classify_ink"]({**request, "layers": ["conv1"]})["hidden"]
    assert hidden["shape"] == [50, 1, 1]
    assert max(hidden["peaks"]) == hidden["top"] > 0


def post(server: Server, body: bytes) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{server.url}functions/classify_ink",
        body,
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def test_classify_endpoint_answers_digit_and_ten_probabilities(
    client: Client, seven: Path, classifier: Classifier
) -> None:
    response = client.predict(handle_file(str(seven)), api_name="/classify")
    expected = classifier.classify(Image.open(seven))
    assert response["digit"] == expected.digit == 7
    assert response["probabilities"] == pytest.approx(expected.probabilities.tolist(), abs=1e-4)
    assert response["blank"] is False


def test_classify_endpoint_reports_a_blank_picture(client: Client, tmp_path: Path) -> None:
    Image.new("L", (64, 64), 200).save(tmp_path / "blank.png")
    response = client.predict(handle_file(str(tmp_path / "blank.png")), api_name="/classify")
    assert response["digit"] is None
    assert response["blank"] is True


def test_classify_endpoint_is_documented(client: Client) -> None:
    documented = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(documented) == ["/classify"]
    assert [p["parameter_name"] for p in documented["/classify"]["parameters"]] == ["image"]


@pytest.mark.parametrize("content", [b"no picture at all", b""], ids=["text", "empty"])
def test_classify_endpoint_refuses_files_that_are_not_pictures(
    client: Client, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(AppError, match="not an image"):
        client.predict(handle_file(str(tmp_path / "bad.png")), api_name="/classify")


def test_classify_endpoint_opens_no_file_of_the_server(client: Client, seven: Path) -> None:
    """A path is not an upload: the response does not show whether there is such a file."""
    for path in (str(seven), str(ROOT / "docs/pad.png"), "/no/such/file.png"):
        with pytest.raises(AppError, match="send the picture itself"):
            client.predict({"path": path}, api_name="/classify")


def ink_request(**changes: Any) -> dict[str, Any]:
    ink = np.zeros((56, 56), np.uint8)
    ink[8:48, 26:31] = 255
    data = {"model": "default", "ink": base64.b64encode(ink.tobytes()).decode(), "layers": []}
    return {**data, **changes}


def test_classify_ink_returns_frame_and_maps(functions: dict[str, Any]) -> None:
    response = functions["classify_ink"](ink_request(layers=["conv1"]))
    assert response["digit"] == 1
    assert len(base64.b64decode(response["frame"])) == 28 * 28
    maps = response["maps"]["conv1"]
    assert len(base64.b64decode(maps["pixels"])) == np.prod(maps["shape"])
    assert max(maps["peaks"]) == pytest.approx(maps["top"])


BAD_REQUESTS = {
    "none": None,
    "list": [1, 2],
    "empty": {},
    "unknown model": ink_request(model="nobody"),
    "path as model": ink_request(model="../weights/default"),
    "no base64": ink_request(ink="***"),
    "short ink": ink_request(ink="AAAA"),
    "huge ink": ink_request(ink="A" * 1_000_000),
    "ink is a number": ink_request(ink=5),
    "unknown layer": ink_request(layers=["conv99"]),
    "layers of numbers": ink_request(layers=[1]),
    "endless layers": ink_request(layers=["conv1"] * 10_000),
}


@pytest.mark.parametrize("data", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_malformed_requests_get_a_message(functions: dict[str, Any], data: Any) -> None:
    for name in ("classify_ink", "classify_picture"):
        response = functions[name](data)
        assert response["error"]
        assert response.keys() <= {"error", "stale", "gone"}
        assert len(response["error"]) > 10


@pytest.mark.parametrize("channel", [-1, 10_000, "0", None, True])
def test_kernel_of_a_channel_that_does_not_exist_gets_a_message(
    functions: dict[str, Any], channel: Any
) -> None:
    response = functions["kernel"]({"model": "default", "layer": "conv1", "channel": channel})
    assert "channel" in response["error"]


def test_the_server_keeps_running_after_bad_bodies(server: Server) -> None:
    assert post(server, b"no json")[0] == 400
    assert post(server, b"[]")[1].keys() == post(server, b"null")[1].keys() == {"error"}
    status, response = post(server, json.dumps(ink_request()).encode())
    assert status == 200
    assert response["digit"] == 1


@pytest.mark.parametrize("hidden", [False, True], ids=["declared", "chunked"])
def test_a_body_that_is_too_large_is_refused(server: Server, hidden: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/functions/classify_ink")
    connection.putheader("Content-Type", "application/json")
    if hidden:
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for _ in range(Limits().max_body_bytes // 65_536 + 1):
            connection.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
    else:
        connection.putheader("Content-Length", str(Limits().max_body_bytes + 1))
        connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert b"larger than" in response.read()
    assert urllib.request.urlopen(server.url, timeout=20).status == 200


def fetch(server: Server, path: str, encoding: str = "gzip") -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body as they are sent."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", f"/{path}", headers={"Accept-Encoding": encoding})
    response = connection.getresponse()
    return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()


def test_page_is_compressed(server: Server) -> None:
    status, headers, body = fetch(server, "")
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert b"<html" in gzip.decompress(body)


def test_files_for_the_browser_are_compressed_and_kept(server: Server) -> None:
    urls = file_urls()
    for path, kind in [
        (urls["worker"], "text/javascript; charset=utf-8"),
        (urls["wasm"], "application/wasm"),
        *((path, "application/octet-stream") for path in urls["steps"].values()),
    ]:
        status, headers, body = fetch(server, path)
        assert status == 200
        assert headers["content-encoding"] == "gzip"
        assert headers["content-type"] == kind
        assert "immutable" in headers["cache-control"]
        _, plain_headers, plain = fetch(server, path, "identity")
        assert "content-encoding" not in plain_headers
        assert plain == gzip.decompress(body)
    assert fetch(server, urls["wasm"], "identity")[2].startswith(b"\0asm")


def test_graph_of_a_model(server: Server, functions: dict[str, Any]) -> None:
    description = functions["describe_model"]({"model": "default"})
    url = description["graph"]["url"]
    status, headers, body = fetch(server, url)
    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert gzip.decompress(body) == (ROOT / "weights/default.onnx").read_bytes()
    calibration = load_onnx_classifier().card.calibration
    refuses = calibration is not None and calibration.can_refuse
    assert description["graph"]["refuses"] == refuses


@pytest.mark.parametrize(
    "path",
    [
        "drawpad/files/0000000000000000/recognizer.js",
        "drawpad/files/0000000000000000/../../pad/page.py",
        "drawpad/models/default/0000.onnx",
        "drawpad/models/nobody/0000.onnx",
        "drawpad/models/..%2Fdefault/0000.onnx",
    ],
)
def test_other_files_are_not_served(server: Server, path: str) -> None:
    assert fetch(server, path)[0] == 404


def test_a_refusal_says_whether_it_is_explained(functions: dict[str, Any]) -> None:
    """While a drawing grows the page asks for no explanation, which takes ten times as long."""
    wide = np.zeros((56, 56), np.uint8)
    wide[20:36:3, 8:48] = 255
    ink = base64.b64encode(wide.tobytes()).decode()
    quick = functions["classify_ink"](ink_request(ink=ink, explain=False))
    assert (quick["is_digit"], quick["reason"], quick["explained"]) == (False, "not a digit", False)
    assert functions["classify_ink"](ink_request(ink=ink))["explained"] is True
    assert functions["classify_ink"](ink_request(explain=False))["explained"] is True
