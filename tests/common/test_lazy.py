"""Modules that are imported when they are first used."""

import sys

import pytest

from denoise_demo.common import Lazy


def test_a_module_is_imported_when_something_of_it_is_used(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    colours = Lazy("colorsys")
    assert "colorsys" not in sys.modules

    assert colours.rgb_to_hls(0, 0, 0) == (0, 0, 0)
    assert "colorsys" in sys.modules


def test_what_a_module_lacks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        _ = Lazy("colorsys").nothing
