"""The running app and a real browser, shared by all browser tests."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_app(folder, **environment):
    """Start `python app.py` with an empty cache; return its process and address."""
    port = free_port()
    variables = os.environ | {
        "GRADIO_SERVER_PORT": str(port),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
    }
    variables.pop("DENOISE_DATA_DIR", None)
    with (folder / "app.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=variables | environment,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}/"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return process, url
        except OSError:
            time.sleep(0.1)
    process.kill()
    pytest.fail(f"the app did not start:\n{(folder / 'app.log').read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """Address of the app without any data set."""
    process, url = start_app(tmp_path_factory.mktemp("app"))
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def app_with_mnist(tmp_path_factory, data_dir):
    """Address of the app with MNIST at hand."""
    folder = tmp_path_factory.mktemp("app-mnist")
    process, url = start_app(folder, DENOISE_DATA_DIR=str(data_dir))
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Open pages; afterwards fail on console errors and on requests to other hosts."""
    opened = []
    complaints = []

    def watch(request):
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            complaints.append(f"request to {request.url}")

    def console(message):
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    def open_one(url, *, width=1440, height=900, wait=True):
        page = browser.new_page(viewport={"width": width, "height": height})
        opened.append(page)
        page.on("request", watch)
        page.on("console", console)
        page.on("pageerror", lambda error: complaints.append(f"page: {error}"))
        page.goto(url)
        if wait:
            page.wait_for_selector("#stage[data-paints]", timeout=60_000)
        return page

    yield open_one
    for page in opened:
        page.close()
    assert not complaints


@pytest.fixture
def page(open_page, app):
    """A fresh laboratory at desktop width."""
    return open_page(app)
