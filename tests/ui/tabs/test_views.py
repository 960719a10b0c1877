"""The views of the laboratory, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.ui.driving import settles, view

pytestmark = pytest.mark.ui


def test_the_views_fit_a_phone_with_the_noise_level_visible(open_page, app):
    page = open_page(app, width=390, height=844)
    for name in ("stage", "compare", "curves", "matrix", "codes"):
        page.evaluate("scrollTo(0, 0)")
        view(page, name)
        settles(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        if name != "matrix":  # which shows all levels
            expect(page.locator("#noise-level input[type=range]")).to_be_in_viewport()
