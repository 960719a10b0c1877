"""The page in a browser, with weight files that cannot be used."""

import shutil

import pytest
from playwright.sync_api import expect

from denoise_demo.denoisers import WEIGHTS_DIR, checkpoint_path
from denoise_demo.lab import NETWORKS
from tests.ui.conftest import start_app
from tests.ui.driving import view

pytestmark = [pytest.mark.ui, pytest.mark.slow]


def test_a_damaged_network_costs_neither_the_curves_nor_the_codes(open_page, tmp_path):
    weights = shutil.copytree(WEIGHTS_DIR, tmp_path / "weights")
    checkpoint_path("dense-2", weights).unlink()
    checkpoint_path("conv-pool", weights).unlink()
    checkpoint_path("conv-pool", weights).mkdir()
    process, url = start_app(tmp_path, DENOISE_WEIGHTS_DIR=str(weights))
    try:
        page = open_page(url)
        expect(page.locator("#problems")).to_contain_text("conv-pool.safetensors is damaged")
        view(page, "curves")
        expect(page.locator("#curves-plot canvas").first).to_be_visible()
        view(page, "codes")
        expect(page.locator("#codes .network")).to_have_count(len(NETWORKS) - 2)
        expect(page.locator("#codes .sliders input")).not_to_have_count(0)
    finally:
        process.terminate()
        process.wait()
