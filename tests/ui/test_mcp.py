"""The tools for agents, through the client of the `mcp` package."""

import base64
import io
import json
import struct
import zlib
from contextlib import asynccontextmanager
from importlib import metadata

import gradio as gr
import httpx
import numpy as np
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from denoise_demo.corruption import NOISES
from denoise_demo.data import load_examples, load_portraits, to_pil
from denoise_demo.denoisers import list_denoisers
from denoise_demo.hosting import turns
from denoise_demo.lab import Settings, dream, run, tools
from denoise_demo.ui.api import wants_mcp
from denoise_demo.ui.mcp import ADDRESS, options
from tests.asynchronous import run_async


def text_of(image):
    """Return a picture as base64 text of a PNG file."""
    content = io.BytesIO()
    image.save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


@pytest.fixture(scope="module")
def address():
    with gr.Blocks(analytics_enabled=False) as demo:
        app_options = options({"dense-8": "dense-8.safetensors is missing"})
    launched = {"prevent_thread_lock": True, "quiet": True, "ssr_mode": False}
    _, url, _ = demo.launch(app_kwargs=app_options, mcp_server=False, **launched)
    yield url.rstrip("/") + ADDRESS
    demo.close()


@asynccontextmanager
async def session_at(address):
    async with (
        streamable_http_client(address) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


@pytest.fixture
def call(address):
    """Call a tool; return its facts and pictures, or the sentence of its error."""

    async def answer(name, arguments):
        async with session_at(address) as session:
            return await session.call_tool(name, arguments)

    def called(name, **arguments):
        result = run_async(answer, name, arguments)
        first, *images = result.content
        if result.isError:
            return first.text
        assert all(block.mimeType == "image/png" for block in images)
        pictures = [Image.open(io.BytesIO(base64.b64decode(block.data))) for block in images]
        return json.loads(first.text), pictures

    return called


@pytest.fixture(scope="module")
def digit():
    """An example as an enlarged picture, which the tools centre again."""
    return text_of(to_pil(load_examples().clean(slice(3, 4)), 20))


@pytest.fixture(scope="module")
def pictures(digit):
    face = to_pil(load_portraits().clean(slice(0, 1)), 10).resize((300, 400))
    return {"digits": digit, "faces": text_of(face)}


@pytest.fixture(scope="module")
def small_digit():
    return text_of(to_pil(load_examples().clean(slice(3, 4))))


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_tools_and_no_other_are_listed_with_every_argument_described(address, slash):
    async def listed():
        async with session_at(address + slash) as session:
            return await session.list_tools()

    tools = {tool.name: tool for tool in run_async(listed).tools}

    assert set(tools) == {"denoise_image", "add_noise", "clean", "list_denoisers", "dream"}
    for tool in tools.values():
        assert tool.description.endswith(".")
        fields = tool.inputSchema["properties"].values()
        assert all(field["description"].endswith(".") for field in fields)
    assert tools["denoise_image"].inputSchema["required"] == ["picture"]


def test_a_picture_is_denoised_as_in_the_laboratory(call, small_digit):
    facts, (noisy, denoised) = call(
        "denoise_image", picture=small_digit, kind="gaussian", level=0.5, seed=3, prepared=True
    )

    settings = Settings("gaussian", 0.5, 0, "blind-digits", 3)
    outcome = run(load_examples().clean(slice(3, 4)), settings)
    assert noisy.tobytes() == to_pil(outcome.noisy).tobytes()
    assert denoised.tobytes() == to_pil(outcome.denoised).tobytes()
    assert facts["pictures"] == ["noisy", "denoised"]
    assert facts["scores"]["denoised"]["psnr"] == pytest.approx(
        float(outcome.scores["denoised"]["psnr"]), abs=1e-4
    )


def test_a_photo_of_a_face_becomes_a_small_one_in_colour(call, pictures):
    settings = {"denoiser": "blind-faces", "kind": "gaussian", "level": 0.2}
    facts, (_, denoised) = call("denoise_image", picture=pictures["faces"], **settings)

    assert (denoised.mode, denoised.size, facts["domain"]) == ("RGB", (28, 28), "faces")
    assert facts["scores"]["denoised"]["psnr"] > facts["scores"]["noisy"]["psnr"] > 0


@pytest.mark.parametrize("domain", ["digits", "faces"])
def test_a_noisy_picture_can_be_denoised_in_a_second_call(call, pictures, domain):
    given = {"picture": pictures[domain], "domain": domain, "scale": 8}
    facts, (noisy,) = call("add_noise", level=0.3, **given)
    again = {"picture": text_of(noisy), "denoiser": f"blind-{domain}", "prepared": True}
    _, (same, denoised) = call("denoise_image", **again, scale=8)
    _, (clean,) = call("add_noise", kind="none", level=0, **given)

    assert facts["scores"]["psnr"] < 15
    assert noisy.size == (224, 224)
    assert same.tobytes() == noisy.tobytes()
    assert distance(denoised, clean) < distance(noisy, clean) / 2


def distance(first, second):
    return np.abs(np.asarray(first, dtype=float) - np.asarray(second, dtype=float)).mean()


def test_dreams_lie_side_by_side(call):
    facts, (sheet,) = call("dream", seed=5, count=2)

    *_, last = dream(5, 2)
    assert (sheet.size, facts) == ((56, 28), {"pictures": ["digits"], "seed": 5, "count": 2})
    assert sheet.crop((28, 0, 56, 28)).tobytes() == to_pil(last.denoised[1]).tobytes()


def test_the_denoisers_and_noises_are_listed(call):
    facts, _ = call("list_denoisers")

    assert [entry["id"] for entry in facts["denoisers"]] == list(list_denoisers())
    assert [entry["id"] for entry in facts["denoisers"] if not entry["available"]] == ["dense-8"]
    assert [entry["kind"] for entry in facts["noises"]] == list(NOISES)


def bomb():
    """A small PNG file whose header promises 20,000 x 20,000 pixels."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(20_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "picture of the arguments is missing: give picture, denoiser"),
        ({"picture": 5}, "the picture is not a text: give the file's content in base64"),
        ({"picture": "a digit"}, "the picture is not base64: give the file's content in base64"),
        ({"picture": "abcd!"}, "the picture is not base64: give the file's content in base64"),
        ({"picture": "é"}, "the picture is not base64: give the file's content in base64"),
        ({"picture": "http://127.0.0.1:1/a.png"}, "the picture is an address: give the file's"),
        ({"picture": "aGVsbG8="}, "The file is not a picture: give a PNG"),
        ({"picture": ""}, "The file is empty: give a PNG"),
        ({"picture": base64.b64encode(bomb()).decode()}, "more than the limit of"),
        ({"denoiser": "conv-poo"}, "unknown denoiser 'conv-poo'; choose one of: "),
        ({"denoiser": "hf:user/name"}, "unknown denoiser 'hf:user/name'; choose one of: "),
        ({"kind": "thunder"}, "unknown noise 'thunder'; choose one of: none"),
        ({"level": "much"}, "level of the arguments is 'much': it should be a valid number"),
        ({"seed": -1}, "seed of the settings is -1: it should be greater than or equal to 0"),
        ({"scale": 17}, "scale is out of range: choose 1 to 16"),
        ({"domain": "cats"}, "unknown domain 'cats'; choose one of: digits, faces"),
        ({"colour": 1}, "colour of the arguments is unknown: give picture, denoiser"),
    ],
)
def test_a_bad_argument_gets_one_sentence(call, digit, arguments, sentence):
    given = arguments if "picture" in arguments or not arguments else {"picture": digit} | arguments

    error = call("denoise_image", **given)

    assert sentence in error
    assert "\n" not in error


def test_an_unknown_tool_gets_one_sentence(call):
    assert call("erase") == (
        "unknown tool 'erase'; choose one of: denoise_image, add_noise, clean, "
        "list_denoisers, dream"
    )


def test_a_fault_of_the_server_shows_nothing_of_its_insides(call, digit, monkeypatch):
    def broken(*_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(tools, "run", broken)

    assert call("denoise_image", picture=digit) == "The server failed: try again later."


def test_a_busy_server_says_so(call, digit, monkeypatch):
    monkeypatch.setattr(turns.long(), "most", 0)

    assert "still waiting" in call("denoise_image", picture=digit)


REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("[" * 100_000, 400, "The message is not of the Model Context Protocol"),
        ('{"a":' * 100_000, 400, "The message is not of the Model Context Protocol"),
        ("", 400, "The message is not of the Model Context Protocol"),
        ("null", 400, "The message is not of the Model Context Protocol"),
        ("{}", 400, "The message is not of the Model Context Protocol"),
        (json.dumps(REQUEST), 400, "The message is not of the Model Context Protocol"),
        (json.dumps(REQUEST | {"method": "erase"}), 400, "The message is not of the Model"),
        (b"\xff\xfe", 400, "The message is not of the Model Context Protocol"),
        ("x" * 4_000_001, 413, "The request is too large: the limit is 4 MB."),
    ],
    ids=["deep", "deep object", "empty", "null", "object", "call", "method", "bytes", "large"],
)
def test_what_is_no_message_gets_one_sentence_and_no_log(address, caplog, body, status, sentence):
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

    answer = httpx.post(address, content=body, headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(sentence)
    assert not caplog.records


@pytest.mark.parametrize("count", [0, 17, True])
def test_too_many_dreams_are_refused(call, count):
    assert "count" in call("dream", count=count)


def test_no_connection_is_kept_open_for_messages(address):
    answer = httpx.get(address, headers={"Accept": "text/event-stream"})

    assert answer.status_code == 405


@pytest.mark.parametrize(
    ("environment", "served"),
    [
        ({}, False),
        ({"DENOISE_MCP": "1"}, True),
        ({"SPACE_ID": "someone/lab"}, True),
        ({"SPACE_ID": "someone/lab", "DENOISE_MCP": "0"}, False),
    ],
)
def test_the_tools_are_served_when_asked_for_and_on_spaces(environment, served):
    assert wants_mcp(environment) == served


def no_package(name):
    raise metadata.PackageNotFoundError(name)


@pytest.mark.parametrize("version", [no_package, lambda name: "2.3.0"], ids=["none", "newer"])
def test_without_the_package_a_message_says_how_to_install_it(monkeypatch, capsys, version):
    monkeypatch.setattr(metadata, "version", version)

    assert not wants_mcp({"DENOISE_MCP": "1"})
    message = 'needs version 1 of the package mcp: pip install "gradio[mcp]"'
    assert message in capsys.readouterr().err
    assert not wants_mcp({"SPACE_ID": "someone/lab"})
    assert not capsys.readouterr().err


def test_a_photograph_is_cleaned_at_its_own_size(call):
    noisy = 120 + np.random.default_rng(0).normal(0, 25, (40, 60, 3))
    picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))

    facts, (cleaned,) = call("clean", picture=text_of(picture))

    assert facts["pictures"] == ["cleaned"]
    assert cleaned.size == (60, 40)
    assert np.asarray(cleaned).std() < 12
    assert "give a number from 0 to 1" in call("clean", picture=text_of(picture), strength=2.0)
