"""docs/api.md: its examples run against the app, and its tables say what the code says."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio.utils import get_function_description
from PIL import Image

from denoise_demo.data import load_examples, to_pil
from denoise_demo.lab import clean, denoise_image
from tests.ui.conftest import start_app

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")
CLIENT = ROOT / "node_modules" / "@gradio" / "client"


def example(language, holding=""):
    """Return the example in a language that holds a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if holding in block]
    return found


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    process, url = start_app(tmp_path_factory.mktemp("app-api"), DENOISE_MCP="1")
    yield url.rstrip("/")
    process.terminate()
    process.wait()


@pytest.fixture
def run(address, tmp_path):
    """Run an example, as a script beside a picture of a digit; return what it prints."""
    to_pil(1 - load_examples().clean(slice(3, 4)), 20).save(tmp_path / "digit.png")
    Image.new("RGB", (90, 60), "teal").save(tmp_path / "photo.jpg")

    def output(text, *command, name="example"):
        assert "http://127.0.0.1:7860" in text
        (tmp_path / name).write_text(text.replace("http://127.0.0.1:7860", address), "utf-8")
        result = subprocess.run(
            [*command, name],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return output


def size_of(path):
    with Image.open(path) as image:
        return image.size


def test_the_arguments_are_described_as_in_the_code():
    texts = TEXT.split("## Clean a photograph")

    for function, text in zip((denoise_image, clean), texts, strict=True):
        _, arguments, _ = get_function_description(function)
        assert dict(re.findall(r"^\| `(\w+)` \| (.*\.) \|$", text, re.MULTILINE)) == arguments


@pytest.mark.slow
def test_the_example_in_python_works(run):
    printed = run(example("python", "gradio_client"), sys.executable)

    *_, first, photo, second = printed.splitlines()
    path, decibels = first.rsplit(" ", 1)
    assert size_of(path) == (28, 28)
    assert size_of(photo.split()[0]) == (90, 60)
    assert float(decibels) > 15
    assert second.startswith("28 [")


@pytest.mark.slow
@pytest.mark.skipif(not CLIENT.exists(), reason="run npm ci first")
def test_the_example_in_javascript_works(run, tmp_path):
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")

    printed = run(example("javascript"), "node", name="example.mjs")

    assert float(printed.split()[1]) > 15
    assert size_of(tmp_path / "denoised.png") == (28, 28)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_example_with_curl_works(run):
    printed = run(example("bash"), "bash")

    kind, data = re.findall(r"^(?:event|data): (.*)$", printed, re.MULTILINE)
    assert kind == "complete"
    noisy, denoised, facts = json.loads(data)
    assert noisy["url"].endswith("/noisy.png")
    assert denoised["url"].endswith("/denoised.png")
    assert facts["scores"]["denoised"]["psnr"] > 15


@pytest.mark.slow
def test_the_example_of_an_agent_works(run, tmp_path):
    printed = run(example("python", "ClientSession"), sys.executable)

    assert json.loads(printed)["scores"]["denoised"]["psnr"] > 15
    assert size_of(tmp_path / "denoised.png") == (28, 28)


@pytest.mark.slow
def test_a_file_that_was_not_uploaded_is_refused_before_gradio_looks_for_it(address):
    for path in ("http://127.0.0.1:1/a.png", "/etc/hostname", ""):
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}

        answer = httpx.post(f"{address}/gradio_api/call/denoise_image", json={"data": [file]})

        assert answer.status_code == 400
        assert "upload it" in answer.json()["error"]


@pytest.mark.slow
def test_a_tool_takes_a_larger_picture_than_other_requests_do(address):
    pixels = np.random.default_rng(0).integers(0, 255, (700, 700, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    arguments = {"picture": base64.b64encode(content.getvalue()).decode(), "domain": "faces"}
    call = {"method": "tools/call", "params": {"name": "add_noise", "arguments": arguments}}

    answer = httpx.post(
        f"{address}/gradio_api/mcp",
        json={"jsonrpc": "2.0", "id": 1} | call,
        headers={"Accept": "application/json, text/event-stream"},
        timeout=30,
    )

    assert len(content.getvalue()) > 1_000_000
    assert answer.json()["result"]["isError"] is False
