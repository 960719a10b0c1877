"""Two processes behind nginx, below a path prefix, by the configuration of docs/hosting.md."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from denoise_demo.data import load_examples
from denoise_demo.data.pixels import to_pil
from denoise_demo.lab.presets import PRESETS
from tests.ui.conftest import DESKTOP, TIMEOUT, free_port, start_app
from tests.ui.driving import DRAG, choose, encoded, open_tab, paints, repaints, shows

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")

pytestmark = [
    pytest.mark.ui,
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="needs nginx"),
]


class Replicas:
    """Two processes of the page and nginx in front of them."""

    def __init__(self, folder):
        self.processes, ports = [], []
        for name in ("one", "two"):
            (folder / name).mkdir()
            process, url = start_app(folder / name, GRADIO_ROOT_PATH="/lab")
            self.processes.append(process)
            ports.append(int(url.rstrip("/").rsplit(":", 1)[1]))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/lab/"
        file = folder / "nginx.conf"
        file.write_text(configuration(folder, self.port, *ports), encoding="utf-8")
        self.nginx = subprocess.Popen([NGINX, "-c", file, "-p", folder, "-e", folder / "error.log"])

    def stop(self):
        for process in (self.nginx, *self.processes):
            process.terminate()
            process.wait()


def configuration(folder, port, first, second):
    """The documented configuration with these ports, as a whole file for a test."""
    document = (ROOT / "docs/hosting.md").read_text(encoding="utf-8")
    (site,) = re.findall(r"```nginx\n(.*?)```", document, re.DOTALL)
    for documented, own in ((8080, port), (7860, first), (7861, second)):
        assert str(documented) in site
        site = site.replace(str(documented), str(own))
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}{site}}}\n"
    )


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    replicas = Replicas(tmp_path_factory.mktemp("replicas"))
    yield replicas
    replicas.stop()


@pytest.fixture
def page(replicas, browser):
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    page.goto(replicas.url)
    page.wait_for_selector("#stage[data-paints]")
    yield page
    context.close()


def test_the_address_without_a_slash_leads_to_the_page(replicas):
    answer = httpx.get(replicas.url.rstrip("/"))

    assert answer.status_code == 301
    assert answer.headers["location"] == replicas.url


def test_everything_of_a_visitor_reaches_one_replica(page):
    page.evaluate(DRAG, ["noise-level", [0.3, 0.6, 0.9], 60])
    shows(page, level="0.9")
    choose(page, "preset", PRESETS["s1-one-sided"].label)
    shows(page, recipe=PRESETS["s1-one-sided"].denoiser)
    page.locator("#tabs").get_by_role("tab", name="Figures").click()
    expect(page.locator("#figure-image img")).to_be_visible()
    page.locator("#tabs").get_by_role("tab", name="Laboratory").click()
    before = paints(page)
    open_tab(page, "Upload")
    digit = encoded(to_pil(1 - load_examples().clean(slice(0, 1)), scale=10))
    file = {"name": "digit.png", "mimeType": "image/png", "buffer": digit}
    page.locator("#source input[type=file]").set_input_files([file])
    repaints(page, before)
    expect(page.locator("#stage .truth")).to_have_text("")


def test_the_page_works_in_a_frame_of_another_page(replicas, browser):
    page = browser.new_page()
    page.goto(replicas.url.replace("/lab/", "/lab/healthz"))
    page.set_content(f'<iframe src="{replicas.url}" width="1200" height="800"></iframe>')
    frame = page.frame_locator("iframe")

    expect(frame.locator("#stage[data-paints]")).to_be_visible()
    page.close()


def test_a_lost_replica_is_replaced_by_the_other(page, replicas):
    for process in replicas.processes[:1]:
        process.kill()
        process.wait()
    page.evaluate(DRAG, ["noise-level", [0.3, 0.5, 0.7], 60])
    shows(page, level="0.7")
    second = page.context.browser.new_page()
    second.goto(replicas.url)
    second.wait_for_selector("#stage[data-paints]")
    second.evaluate(DRAG, ["noise-level", [0.2, 0.4], 60])
    shows(second, level="0.4")
    second.close()
