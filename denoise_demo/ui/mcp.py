"""The tools for agents: an MCP server (Model Context Protocol) beside the page.

Pictures go in as base64 text and come out as image blocks, so that nothing is fetched from an
address that a client names, and no file is written. Gradio's own MCP server would do both.
"""

import base64
import inspect
import json
import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any

from gradio.utils import get_function_description
from mcp.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import (
    INVALID_REQUEST,
    ClientNotification,
    ClientRequest,
    ContentBlock,
    ImageContent,
    JSONRPCMessage,
    TextContent,
    Tool,
)
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    WithJsonSchema,
    create_model,
)
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from denoise_demo.common import JsonObject, lookup, parse
from denoise_demo.denoisers import device_trouble
from denoise_demo.hosting import bodies, turns
from denoise_demo.lab import (
    Answer,
    add_noise,
    clean,
    denoise_image,
    describe_denoisers,
    describe_noises,
    dream_digits,
)

KNOWN: TypeAdapter[Any] = TypeAdapter(ClientRequest | ClientNotification)
LARGEST = 4_000_000  # bytes of a message; a picture of 3 MB in base64
INSTRUCTIONS = (
    "Denoise pictures of digits and faces with small networks and filters, and clean "
    "photographs at their own size. Call list_denoisers "
    "first: it names the denoisers, the kinds of noise and the range of their levels. Give a "
    "scale of 8 to look at the pictures."
)
LOG = logging.getLogger(__name__)
ADDRESS = "/gradio_api/mcp"  # where clients look for the tools of a Gradio app


def options(problems: dict[str, str]) -> dict[str, Any]:
    """Return the routes and the lifespan of an app that serves the tools."""
    server = build_server(problems)
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    endpoint = Checked(manager)
    paths = (ADDRESS, f"{ADDRESS}/")
    # A GET would keep a connection open for messages that never come.
    routes = [Route(path, endpoint, methods=["POST"]) for path in paths]
    return {"routes": routes, "lifespan": lambda app: manager.run()}


class Checked:
    """The server's endpoint, for messages of the protocol and of a limited size only.

    The package answers deep JSON with status 500, and logs a page for every wrong field.
    """

    def __init__(self, manager: StreamableHTTPSessionManager):
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one message, then hand it on."""
        try:
            body = await bodies.read_body(Headers(scope=scope), receive, LARGEST)
            JSONRPCMessage.model_validate_json(body)
            KNOWN.validate_json(body)
        except bodies.Refusal as refusal:
            return await _refusal(refusal.status, str(refusal))(scope, receive, send)
        except ValueError:
            words = "The message is not of the Model Context Protocol: see docs/api.md."
            return await _refusal(400, words)(scope, receive, send)
        return await self._manager.handle_request(scope, bodies.replayed(body, receive), send)


def _refusal(status: int, sentence: str) -> JSONResponse:
    error = {"code": INVALID_REQUEST, "message": sentence}
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, status)


def build_server(problems: dict[str, str]) -> Server[Any, Any]:
    """Build the server of the tools; denoisers in `problems`, by id, are listed as unusable."""

    def list_denoisers() -> Answer:
        """List the networks and the filters, and the kinds of noise with their levels."""
        return Answer({}, {"denoisers": describe_denoisers(problems), "noises": describe_noises()})

    tools: dict[str, Callable[..., Answer]] = {
        "denoise_image": denoise_image,
        "add_noise": add_noise,
        "clean": clean,
        "list_denoisers": list_denoisers,
        "dream": dream_digits,
    }
    models = {name: _arguments(tool) for name, tool in tools.items()}
    server: Server[Any, Any] = Server("denoise_demo", instructions=INSTRUCTIONS)

    @server.list_tools()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_tools() -> list[Tool]:
        return [
            Tool(
                name=name,
                description=get_function_description(tool)[0],
                inputSchema=models[name].model_json_schema(),
            )
            for name, tool in tools.items()
        ]

    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: JsonObject) -> list[ContentBlock]:
        tool = lookup(tools, name, "tool")
        work = partial(tool, **dict(parse(models[name], arguments, "the arguments")))
        request: Any = server.request_context.request
        visitor = f"mcp {getattr(request.client, 'host', '')}"  # the protocol has no sessions here
        try:
            answer = await turns.long().run(visitor, work)
        except RuntimeError as error:
            if (trouble := device_trouble(error)) is None:
                LOG.exception("The tool %s failed", name)
            raise RuntimeError(trouble or "The server failed: try again later.") from error
        return list(_content(answer))

    return server


def decoded(text: object) -> bytes:
    """Decode base64 text, also of a data URL; ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("the picture is not a text: give the file's content in base64")
    try:
        return base64.b64decode("".join(text.rpartition(",")[2].split()), validate=True)
    except ValueError as error:
        address = text.startswith(("http:", "https:", "file:"))
        found = "an address" if address else "not base64"
        raise ValueError(f"the picture is {found}: give the file's content in base64") from error


_PICTURE = Annotated[
    bytes,
    BeforeValidator(decoded),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]


def _arguments(tool: Callable[..., Answer]) -> type[BaseModel]:
    """Return the model of a tool's arguments, described by its docstring."""
    _, descriptions, _ = get_function_description(tool)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(tool).parameters.items():
        default = ... if parameter.default is parameter.empty else parameter.default
        kind = _PICTURE if parameter.annotation is bytes else parameter.annotation
        fields[name] = (kind, Field(default, description=descriptions[name]))
    return create_model(tool.__name__, __config__=ConfigDict(extra="forbid", strict=True), **fields)


def _content(answer: Answer) -> Iterator[ContentBlock]:
    """Yield the facts as JSON, which names the pictures in their order, then the pictures."""
    files = answer.files()
    facts = {"pictures": list(files)} | answer.facts if files else answer.facts
    yield TextContent(type="text", text=json.dumps(facts))
    for png in files.values():
        data = base64.b64encode(png).decode("ascii")
        yield ImageContent(type="image", data=data, mimeType="image/png")
