"""Requests from the page's script are turned into views, and views into values of the controls."""

import json

import gradio as gr
import pytest

from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab.presets import PRESETS
from denoise_demo.ui.page import Page, answer
from denoise_demo.ui.view import View

SETTINGS = ("kind", "level", "blur_sigma", "denoiser", "seed")
NAMES = (*SETTINGS, "state", "domain", "any_network", "preset", "views", "tabs", "score", "lines")
NAMES += ("figure_kind", "figure_denoiser", "figure_first", "trained", "centre_drawing")
ALL = list(list_denoisers())


@pytest.fixture
def page():
    """A page with placeholder components as its parts."""
    views, tabs = {"stage": (), "compare": ("sort",), "matrix": ()}, {"figures": (), "training": ()}
    return Page({name: gr.Textbox() for name in NAMES}, ALL, views, tabs)


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Warning", said.append)
    return said


def ask(page, action, value=None, shown="stage", *, any_network=False):
    """Return what the parts get, by name, as the page's script would see it."""
    asked = {"revision": 3, "action": action, "value": value, "shown": shown}
    updates = answer(json.dumps(asked | {"any_network": any_network}), page)
    named = {name: updates[part] for name, part in page.parts.items() if part in updates}
    return {name: getattr(value, "value", value) for name, value in named.items()}


def settings(found):
    return [found[name] for name in SETTINGS]


def view(found):
    return json.loads(found["state"])["view"]


def test_the_answer_carries_the_number_of_the_request(page):
    assert view(ask(page, "reset"))["revision"] == 3


@pytest.mark.parametrize("action", ["reset", "domain", "preset", "link", "view"])
def test_the_controls_and_the_script_get_the_same_settings(page, action):
    own = View.from_preset("s1-one-sided").to_message()
    values = {"domain": "faces", "preset": "s1-one-sided", "view": own}
    values["link"] = {"noise": "speckle"}

    found = ask(page, action, values.get(action))

    assert settings(found) == [view(found)["settings"][name] for name in SETTINGS]


def test_a_domain_and_a_reset_stay_in_the_open_view_and_a_preset_opens_the_stage(page):
    shown = {
        action: view(ask(page, action, value, "matrix"))["show"]
        for action, value in [("domain", "faces"), ("reset", None), ("preset", "s1-one-sided")]
    }

    assert shown == {"domain": "matrix", "reset": "matrix", "preset": "stage"}


def test_a_preset_frees_its_list_and_keeps_whether_any_network_is_offered(page):
    found = ask(page, "preset", "s1-one-sided", any_network=True)

    assert (found["preset"], found["any_network"]) == (None, True)
    assert view(found)["note"].startswith(PRESETS["s1-one-sided"].label)


def test_a_reset_forgets_what_single_views_and_tabs_remember(page):
    found = ask(page, "reset")

    assert view(found)["fresh"]
    assert (found["score"], found["centre_drawing"]) == ("psnr", True)


def test_a_preset_leaves_the_choices_of_single_views_alone(page):
    assert not {"score", "lines", "figure_kind", "trained"} & set(
        ask(page, "preset", "s1-one-sided")
    )


def test_a_link_sets_the_controls_of_its_tabs(page):
    query = {"figure": "s0-rising-noise:dense-64:built-in:3:7", "trained": "dense-64"}
    query |= {"show": "figures", "picture": "portrait:1", "lines": "median-3", "score": "ssim"}

    found = ask(page, "link", query)

    assert (found["domain"], found["tabs"].selected) == ("faces", "figures")
    assert (found["score"], found["lines"], found["trained"]) == ("ssim", ["median-3"], "dense-64")
    drawn = [found[f"figure_{name}"] for name in ("kind", "denoiser", "first")]
    assert drawn == ["s0-rising-noise", "dense-64", 3]


def test_an_invalid_link_gets_a_warning_and_the_start(page, warnings):
    found = ask(page, "link", {"level": "<b>lots"})

    assert "level is &#x27;&lt;b&gt;lots" in warnings[0]
    assert view(found) | {"fresh": False, "revision": 0} == View.start("digits", ALL).to_message()


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("preset", "magic"),
        ("domain", "cats"),
        ("view", {"domain": "digits"}),
        ("view", "stage"),
        ("erase", None),
    ],
)
def test_an_invalid_request_gets_one_sentence(page, action, value):
    with pytest.raises(gr.Error) as caught:
        ask(page, action, value)

    assert "\n" not in str(caught.value.message)


def test_the_settings_of_a_cell_are_taken_while_the_pad_is_blank(page):
    start = View.start("digits", ALL, show="matrix")
    blank = start.model_copy(update={"source": None, "tab": "drawing"})

    found = ask(page, "view", blank.to_message())

    assert view(found)["source"] is None
    assert "picture" not in blank.to_query()


def test_parts_that_the_page_does_not_have_are_left_out(page):
    few = Page({"kind": page.parts["kind"]}, ALL, page.views, page.tabs)

    assert set(ask(few, "reset")) == {"kind"}
