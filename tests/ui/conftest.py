"""The running app and a real browser, shared by all browser tests."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from denoise_demo.data.portraits import cropped_portraits
from tests.ui.driving import encoded, paints, repaints, shows, switch, upload_photo

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1440, "height": 900}
TIMEOUT = 30_000  # milliseconds: enough for a busy machine; passing tests do not wait so long


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_app(folder, script="app.py", **environment):
    """Start `python app.py`, or another script that does, with an empty cache.

    Return its process and address.
    """
    port = environment.get("GRADIO_SERVER_PORT") or free_port()
    variables = os.environ | {
        "GRADIO_SERVER_PORT": str(port),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
    }
    variables.pop("DENOISE_DATA_DIR", None)
    with (folder / "app.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, script],
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
def app_with_data(tmp_path_factory, data_dir):
    """Address of the app with MNIST and the faces available."""
    process, url = start_app(tmp_path_factory.mktemp("app-data"), DENOISE_DATA_DIR=str(data_dir))
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Pages:
    """Pages shared by tests: reloading a page takes a third of the time of opening one."""

    def __init__(self, browser):
        self.context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
        self.context.set_default_timeout(TIMEOUT)
        self.free, self.taken, self.complaints = [], [], []

    def open(self, url, *, width=1440, height=900, wait=True):
        """Load an address in an unused page; wait for the first picture."""
        page = self.free.pop() if self.free else self._new()
        self.taken.append(page)
        page.bring_to_front()  # a page in the background gets about one frame a second
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        if wait:
            page.wait_for_selector("#stage[data-paints]")
        return page

    def give_back(self):
        """Take all pages back; return the problems they have reported."""
        complaints = list(self.complaints)
        for page in self.taken:
            page.goto("about:blank")  # aborts pending requests
        self.free += self.taken
        self.taken, self.complaints = [], []
        return complaints

    def _new(self):
        page = self.context.new_page()
        page.on("request", self._watch)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"page: {error}"))
        return page

    def _watch(self, request):
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:", "about:")):
            self.complaints.append(f"request to {request.url}")

    def _listen(self, message):
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")


@pytest.fixture(scope="session")
def pages(browser):
    expect.set_options(timeout=TIMEOUT)
    return Pages(browser)


@pytest.fixture
def open_page(pages):
    """Open pages; afterwards fail on console errors and on requests to other hosts."""
    yield pages.open
    assert not pages.give_back()


@pytest.fixture
def page(open_page, app):
    """The laboratory as it starts, at desktop width."""
    return open_page(app)


@pytest.fixture(scope="session")
def scene():
    """A photo with an off-centre face: a portrait on a wide grey wall."""
    wall = Image.new("RGB", (640, 400), (90, 110, 130))
    wall.paste(cropped_portraits()[0].resize((200, 200)), (60, 120))
    return wall


@pytest.fixture
def faces(page):
    """The laboratory with a portrait."""
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    return page


@pytest.fixture
def photo(faces, scene):
    """The laboratory with the scene as its photo."""
    before = paints(faces)
    upload_photo(faces, encoded(scene))
    expect(faces.locator("#photo .crop")).to_be_visible()
    repaints(faces, before)
    return faces
