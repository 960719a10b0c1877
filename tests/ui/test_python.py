"""The Python that the page offers computes what the stage shows."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import ROOT
from tests.ui.driving import draw, open_tab, repaints, settles, shows

pytestmark = pytest.mark.ui


def copied(page):
    """The text on the clipboard after the button was clicked."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#copy-python").click()
    expect(page.locator("#copy-python")).to_have_text("Copied")
    return page.evaluate("navigator.clipboard.readText()")


def printed(code):
    """The PSNR that a Python program prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {key: value for key, value in os.environ.items() if key != "DENOISE_DATA_DIR"}
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


def shown(page):
    text = page.locator("#stage [data-of=denoised] .scores").inner_text()
    return float(text.split("PSNR ")[1].split(" ")[0])


def test_the_copied_python_computes_the_score_on_the_stage(page):
    page.locator("#stage [data-scene=s0-rising-3]").click()
    shows(page, recipe="conv-pool")
    settles(page)

    assert printed(copied(page)) == pytest.approx(shown(page), abs=0.01)


def test_a_drawing_is_copied_with_its_pixels(page):
    before = int(page.locator("#stage").get_attribute("data-paints"))
    open_tab(page, "Draw")
    draw(page, (0.5, 0.2), (0.5, 0.8))
    page.mouse.up()
    repaints(page, before)
    settles(page)

    code = copied(page)

    assert '"kind":"pixels"' in code
    assert len(code.splitlines()) == 4
    assert printed(code) == pytest.approx(shown(page), abs=0.05)
