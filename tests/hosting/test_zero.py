"""ZeroGPU: nothing of it elsewhere; there the live path is on the CPU and only sheets are lent."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import torch
from gradio_client import Client

from benchmarks.client import Client as Visitor
from denoise_demo.denoisers import choose_device
from denoise_demo.hosting.zero import on_gpu
from tests.asynchronous import run_async
from tests.ui.conftest import start_app

ROOT = Path(__file__).resolve().parents[2]
REQUEST = {
    "source": {"kind": "example", "index": 0},
    "kind": "uniform",
    "level": 0.5,
    "blur_sigma": 0.0,
    "denoiser": "blind-digits",
    "seed": 0,
}


class Lender(BaseHTTPRequestHandler):
    """The API that lends GPUs, as far as spaces uses it; `asked` holds the paths."""

    asked: list[str]

    def do_POST(self):
        path = urlsplit(self.path).path
        self.asked.append(self.path)
        answers = {
            "/schedule": {"idle": False, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "t"}
        }
        content = json.dumps(answers.get(path, {})).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture(scope="module")
def zero(tmp_path_factory):
    """The page as on ZeroGPU: its address, its log and what was asked of the lender."""
    pytest.importorskip("spaces")
    handler = type("Handler", (Lender,), {"asked": []})
    lender = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=lender.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("zero")
    process, url = start_app(
        folder,
        script="tests/hosting/zero_gpu.py",
        SPACES_ZERO_GPU="true",
        SPACES_ZERO_DEVICE_API_URL=f"http://127.0.0.1:{lender.server_port}",
        PYTHONPATH=str(ROOT),
    )
    yield url, folder / "app.log", handler.asked
    process.terminate()
    process.wait()
    lender.shutdown()


@pytest.mark.slow
def test_the_start_reports_a_function_that_wants_a_gpu(zero):
    _, _, asked = zero

    assert "/startup-report" in asked


@pytest.mark.slow
def test_the_stage_and_the_api_answer_without_a_gpu(zero):
    url, log, asked = zero
    before = len(asked)

    config = httpx.get(f"{url}config").json()
    visitor = Visitor(int(url.rstrip("/").rsplit(":", 1)[1]), config)
    status, reply = run_async(visitor.call, "stage", "step", REQUEST)
    client = Client(url, verbose=False)
    result = client.predict([[0.0] * 28] * 28, "blind-digits", api_name="/denoise")

    assert status == 200
    assert "images" in reply
    assert len(result["denoised"]) == 28
    assert asked[before:] == []
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_sheet_of_dreams_is_drawn_on_a_lent_gpu(zero):
    url, log, asked = zero
    config = httpx.get(f"{url}config").json()

    async def draw():
        visitor = Visitor(int(url.rstrip("/").rsplit(":", 1)[1]), config)
        await visitor.event(
            "figure-draw", ["blind-dreams", "blind-digits", "example", 0, 7, "", False]
        )
        return [message async for message in visitor.messages()]

    done = [m for m in run_async(draw) if m["msg"] == "process_completed"]

    assert done, log.read_text(encoding="utf-8")
    assert done[0]["success"], done
    assert any(path.startswith("/schedule") and "durationSeconds=30" in path for path in asked)
    assert any(path.startswith("/allow") for path in asked)
    assert any(path.startswith("/release") and "fail=false" in path for path in asked)


def test_pytorch_s_word_for_a_gpu_counts_only_in_a_lent_call(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delenv("DENOISE_DEVICE", raising=False)

    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert choose_device().type == "cpu"
    with pytest.raises(ValueError, match="no cuda device here"):
        choose_device("cuda")

    monkeypatch.delenv("SPACES_ZERO_GPU")  # as in a lent call's own process
    assert choose_device().type == "cuda"


def test_elsewhere_a_function_stays_as_it_is(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)

    assert on_gpu(seconds=5)(len) is len


def test_elsewhere_nothing_of_the_package_is_imported():
    code = "import sys, app; print('spaces' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPACES_")}

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True
    )

    assert result.stdout.split()[-1:] == [b"False"]
