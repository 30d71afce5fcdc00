"""Requests that the pad's own API descriptions allow, and that they do not, made by schemathesis.

    pip install schemathesis && python -m pytest tests/fuzz -n 0

None may be answered with status 500 without a reason, or with a traceback.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support.chromium import Server

schemathesis = pytest.importorskip("schemathesis", reason="pip install schemathesis")

EXAMPLES = 10
_STREAMS = ("/heartbeat/", "/queue/data", "/upload_progress", "/dev/reload", "/mcp", "/stream/")
"""Their answers do not end."""
_FUNCTIONS = ("classify_ink", "classify_picture", "classify_canvases", "describe_model", "kernel")


def own_functions() -> dict[str, Any]:
    """Return the description of the page's functions, of the models that their requests have."""
    from pad import payload

    kinds = (
        payload.InkRequest,
        payload.PictureRequest,
        payload.CanvasesRequest,
        payload.ModelRequest,
        payload.KernelRequest,
    )
    paths = {}
    for name, kind in zip(_FUNCTIONS, kinds, strict=True):
        properties: dict[str, Any] = {field: {} for field in kind.model_fields}
        for field in kind.model_fields:
            if field in ("ink", "picture", "canvases"):
                properties[field] = {"type": "string", "format": "byte"}
            elif field == "model":
                properties[field] = {"enum": ["default", "mnist_cnn", "nobody"]}
            elif field == "layers":
                layers = {"enum": ["conv1", "conv9"]}
                properties[field] = {"type": "array", "items": layers, "maxItems": 3}
        body = {"type": "object", "properties": properties, "required": ["model"]}
        content = {"application/json": {"schema": body}}
        operation = {
            "requestBody": {"required": True, "content": content},
            "responses": {"200": {"description": "an answer, or an error with its reason"}},
        }
        paths[f"/functions/{name}"] = {"post": operation}
    return {"openapi": "3.0.2", "info": {"title": "pad", "version": "1"}, "paths": paths}


@pytest.fixture(scope="module")
def gradio_schema() -> dict[str, Any]:
    """What FastAPI says about all of Gradio's routes, also those that the pad closes."""
    from pad.model_registry import ModelRegistry
    from pad.page import build_page

    return build_page(ModelRegistry()).app.openapi()


@pytest.mark.parametrize("source", ["functions", "gradio"])
def test_no_request_fails_without_a_reason(
    server: Server, source: str, request: pytest.FixtureRequest
) -> None:
    described = own_functions() if source == "functions" else None
    described = described or request.getfixturevalue("gradio_schema")
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=server.url)
    failures: dict[str, str] = {}
    checked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if any(part in operation.path for part in _STREAMS):
            continue
        checked += 1

        @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            response = case.call(timeout=20, allow_redirects=False)
            text = response.content.decode(errors="replace")  # pictures, too
            if "Traceback" in text or 'File "' in text:
                failures[f"{case.method} {case.path}"] = f"traceback {text[:200]}"
            elif response.status_code >= 500:
                try:
                    reason = json.loads(text)
                    said = reason.get("error") or reason.get("detail")
                except (ValueError, AttributeError):
                    said = None
                if not said:
                    failures[f"{case.method} {case.path}"] = (
                        f"{response.status_code} {text[:100]!r} for {str(case.body)[:200]}"
                    )

        send()
    assert checked > 4
    assert not failures, "\n".join(f"{where}: {what}" for where, what in failures.items())
