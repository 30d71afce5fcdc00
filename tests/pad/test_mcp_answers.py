"""The pad's MCP tool: JSON answers, what it refuses, what it logs."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.chromium import Server

from pad.mcp_answers import shorten_refusal


def test_mcp_tool_classifies_a_picture(server: Server, seven: Path) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client
    from mcp.types import CallToolResult, Tool

    data = f"data:image/png;base64,{base64.b64encode(seven.read_bytes()).decode()}"

    async def ask() -> tuple[Tool, CallToolResult, CallToolResult]:
        url = f"{server.url}gradio_api/mcp/"
        async with (
            streamable_http_client(url) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            (tool,) = (await session.list_tools()).tools
            # the client checks the answer by the schema that the tool declares
            found = await session.call_tool(tool.name, {"image": data})
            return tool, found, await session.call_tool(tool.name, {"image": "/etc/passwd"})

    # in another thread: the browser tests have an event loop in this one
    with ThreadPoolExecutor(1) as pool:
        tool, found, refused = pool.submit(asyncio.run, ask()).result()
    assert "classify" in tool.name
    assert tool.outputSchema["properties"].keys() == found.structuredContent.keys()
    assert found.structuredContent["digit"] == 7
    assert json.loads(found.content[0].text) == found.structuredContent
    assert refused.isError
    assert refused.content[0].text.startswith("send the picture itself, not its path")
    assert "handle_file" in refused.content[0].text
    assert "/etc/passwd" not in refused.content[0].text


def test_a_malformed_request_is_one_line_of_the_log(logged: list[logging.LogRecord]) -> None:
    from mcp.types import ClientRequest

    root, mcp = logging.getLogger(), logging.getLogger("mcp.server.lowlevel.server")
    for logger in (root, mcp):
        logger.addFilter(shorten_refusal)
    try:
        with pytest.raises(ValueError, match="validation errors") as raised:
            ClientRequest.model_validate({"method": "nosuch"})
        root.warning(f"Failed to validate request: {raised.value}")
        root.warning(f"Failed to validate notification: {raised.value}")
        mcp.warning("Tool '%s' not listed", "x" * 10_000)
        root.warning("first\nsecond")
    finally:
        for logger in (root, mcp):
            logger.removeFilter(shorten_refusal)
    *refusals, tool, other = [record.getMessage() for record in logged]
    assert [text.partition(":")[0] for text in refusals] == [
        "Failed to validate request",
        "Failed to validate notification",
    ]
    assert not any("\n" in text for text in refusals)
    assert len(tool) == 300
    assert other == "first\nsecond"
