"""MCP answers as JSON text and as structured content, with its schema.

Gradio itself answers with Python's repr, declares no schema of what a tool returns, and does not
say what to send in place of a path.
"""

import contextlib
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from mcp import types
from starlette.applications import Starlette

from pad.gradio_import import GradioMCPServer
from pad.payload import PredictionAnswer

_LOGGERS = (None, "mcp.server.lowlevel.server")
"""Where the MCP server logs malformed requests, whole, and with a hundred lines of reasons."""

_MOST_LOGGED = 300
_WHAT_TO_SEND = (
    "send the picture itself, not its path: as data:image/png;base64,..., or as the address (http "
    "or https) of a public picture; in Python, gradio_client.handle_file(path) uploads one"
)


@contextlib.asynccontextmanager
async def json_answers(app: Starlette) -> AsyncIterator[None]:
    """Lifespan of the page's application: from its start on, its tool answers in JSON."""
    server = app.get_blocks().mcp_server_obj  # type: ignore[attr-defined]
    if server is not None:
        _answer_in_json(server)
        _declare_schema(server)
        _name_what_to_send(server)
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(shorten_refusal)
    yield


def shorten_refusal(record: logging.LogRecord) -> bool:
    """Filter of a log: keep the beginning of what the MCP server says of a malformed request."""
    message = record.getMessage()
    if record.name != "root" or message.startswith("Failed to validate "):
        record.msg, record.args = message.partition("\n")[0][:_MOST_LOGGED], None
    return True


def _answer_in_json(server: GradioMCPServer) -> None:
    def as_json(data: Sequence[Any], root_url: str) -> list[types.TextContent]:
        return [types.TextContent(type="text", text=json.dumps(output)) for output in data]

    call_tool = server.mcp_server.request_handlers[types.CallToolRequest]

    async def call_tool_with_structure(request: Any) -> types.ServerResult:
        result = await call_tool(request)
        answer = result.root
        if isinstance(answer, types.CallToolResult) and not answer.isError:
            (content,) = answer.content
            assert isinstance(content, types.TextContent)
            answer.structuredContent = json.loads(content.text)
        return result

    server.postprocess_output_data = as_json  # type: ignore[method-assign,assignment]
    server.mcp_server.request_handlers[types.CallToolRequest] = call_tool_with_structure


def _declare_schema(server: GradioMCPServer) -> None:
    """Declare what the one tool returns."""
    schema = PredictionAnswer.model_json_schema()
    handlers = server.mcp_server.request_handlers
    list_tools = handlers[types.ListToolsRequest]

    async def list_tools_with_schema(request: Any) -> types.ServerResult:
        result = await list_tools(request)
        if isinstance(result.root, types.ListToolsResult):
            for tool in result.root.tools:
                tool.outputSchema = schema
        return result

    handlers[types.ListToolsRequest] = list_tools_with_schema


def _name_what_to_send(server: GradioMCPServer) -> None:
    convert = server.convert_strings_to_filedata

    def converted(value: Any, positions: list[list[str | int]]) -> Any:
        try:
            return convert(value, positions)
        except Exception as error:  # a path, or base64 that cannot be decoded
            raise ValueError(_WHAT_TO_SEND) from error

    server.convert_strings_to_filedata = converted  # type: ignore[method-assign]
