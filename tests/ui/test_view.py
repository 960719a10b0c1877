"""What the page shows: where it starts, presets, and links that restore it or say why not."""

import pytest

from denoise_demo.corruption.noise import NOISES
from denoise_demo.data import load_examples
from denoise_demo.data.domains import DOMAINS
from denoise_demo.data.portraits import load_portraits
from denoise_demo.denoisers.catalog import get_denoiser, list_denoisers
from denoise_demo.lab.experiment import Settings
from denoise_demo.lab.presets import PRESETS
from denoise_demo.lab.sources import clean_picture, pixels_source
from denoise_demo.ui.controls import STARTS
from denoise_demo.ui.view import View
from denoise_demo.ui.views import VIEWS

ALL = list(list_denoisers())


def follow(query, usable=ALL):
    return View.from_query(query, usable, [*VIEWS, "figures"])


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_link_to_a_start_restores_it(domain):
    view = View.start(domain, ALL, show="compare")

    assert follow(view.to_query()) == view


@pytest.mark.parametrize("key", PRESETS)
def test_the_link_to_a_preset_restores_it_without_its_note(key):
    view = View.from_preset(key)

    assert view.note
    assert follow(view.to_query()) == view.model_copy(update={"note": ""})


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_has_its_corruption_and_network(key):
    preset, settings = PRESETS[key], View.from_preset(key).settings

    found = settings.kind, settings.level, settings.blur_sigma, settings.denoiser
    corruption = preset.corruption
    assert found == (corruption.kind, corruption.level, corruption.blur_sigma, preset.denoiser)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_starts_with_another_denoiser_when_its_own_cannot_be_used(domain):
    usable = [key for key in ALL if key != STARTS[domain].settings.denoiser]

    found = View.start(domain, usable).settings.denoiser

    assert found in usable
    assert get_denoiser(found).domain == domain


@pytest.mark.parametrize("show", VIEWS)
def test_a_link_opens_its_view_with_everything_else_as_at_the_start(show):
    assert follow({"show": show}) == View.start("digits", ALL, show=show)


def test_a_link_has_every_setting():
    query = {
        "show": "compare",
        "picture": "portrait:1",
        "noise": "salt-pepper",
        "level": "0.25",
        "blur": "1.5",
        "seed": "77",
        "denoiser": "median-3",
    }

    view = follow(query)

    assert view.settings == Settings("salt-pepper", 0.25, 1.5, "median-3", 77)
    assert (view.domain, view.tab, view.any_network) == ("faces", "portrait", False)
    assert view.source == {"kind": "portrait", "index": 1}
    assert view.to_query() == query


def test_a_link_has_what_single_views_add():
    choices = {
        "score": "accuracy",
        "lines": "median-3,conv-pool",
        "cells": "accuracy",
        "sort": "ssim",
        "network": "dense-2",
        "code": "0.5 12",
        "figure": "s0-rising-noise:dense-64:example:3:7",
        "trained": "mlp-classifier",
    }

    view = follow(choices)

    assert view.choices == choices
    assert follow(view.to_query()) == view


@pytest.mark.parametrize(
    ("figure", "kept"),
    [
        ("s0-rising-noise:dense-64:built-in:3:7", "s0-rising-noise:dense-64:example:3:7"),
        ("s0-rising-noise:dense-64:laboratory:3:0", "s0-rising-noise:dense-64:laboratory:0:0"),
    ],
    ids=["older name of the source", "there is one picture"],
)
def test_a_figure_is_kept_with_the_current_names(figure, kept):
    assert follow({"figure": figure}).choices["figure"] == kept


def test_a_link_may_have_no_curve_in_colour():
    assert follow({"lines": ""}).choices == {"lines": ""}


@pytest.mark.parametrize(
    "query",
    [
        {"denoiser": "dense-2"},
        {"lines": "dense-2"},
        {"figure": "s0-rising-noise:dense-2:built-in:0:0"},
    ],
)
def test_a_link_to_a_denoiser_that_cannot_be_used_is_refused(query):
    usable = [key for key in ALL if key != "dense-2"]

    with pytest.raises(ValueError, match="it needs dense-2, which cannot be used here"):
        follow(query, usable)


def test_a_noise_without_a_level_gets_its_default_level():
    assert follow({"noise": "poisson"}).settings.level == NOISES["poisson"].default


def test_a_network_for_other_pictures_is_allowed_where_the_link_has_one():
    assert follow({"picture": "portrait:0", "denoiser": "conv-pool"}).any_network


@pytest.mark.parametrize(
    ("picture", "domain", "tab"),
    [
        (load_examples().clean(slice(2, 3)), "digits", "upload"),
        (load_portraits().clean(slice(0, 1)), "faces", "photo"),
    ],
)
def test_the_link_contains_a_drawn_or_uploaded_picture(picture, domain, tab):
    start = View.start(domain, ALL)
    view = start.model_copy(update={"source": pixels_source(picture), "tab": tab})

    again = follow(view.to_query())

    assert again == view
    assert clean_picture(again.source)[0].equal(clean_picture(view.source)[0])


def test_a_drawing_without_pixels_from_the_server_has_no_link():
    drawing = {"kind": "drawing", "pixels": "", "size": 112, "centre": True}

    with pytest.raises(ValueError, match="a drawing has no link"):
        View.start("digits", ALL).model_copy(update={"source": drawing}).to_query()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"show": "cellar"}, "unknown view 'cellar'"),
        ({"picture": "example:999"}, "index 999"),
        ({"picture": "example:-1"}, "picture is '-1': give a whole number"),
        ({"picture": "example:" + "9" * 5000}, "give a whole number"),
        ({"picture": "cat"}, "picture is ''"),
        ({"picture": "cat:1"}, "unknown source 'cat'"),
        ({"picture": "pixels:1:!!"}, "pixels"),
        ({"picture": "pixels:2:AAAA"}, "channels"),
        ({"noise": "perlin"}, "unknown noise 'perlin'"),
        ({"level": "much"}, "level is 'much': give a number"),
        ({"level": "nan"}, "level"),
        ({"blur": "99"}, "blur_sigma of the settings is 99"),
        ({"seed": "-4"}, "seed"),
        ({"seed": "1e400"}, "seed"),
        ({"sort": "beauty"}, "unknown order 'beauty'"),
        ({"network": "toString"}, "unknown network with a code 'toString'"),
        ({"code": "1 2 3"}, "the code has 3 numbers: dense-2 has 2"),
        ({"code": "1 much"}, "code is 'much': give a number"),
        ({"code": "1 inf"}, "code"),
        ({"network": "conv-flat", "code": "1"}, "unknown network whose code can be moved"),
        ({"cells": "beauty"}, "unknown score of the matrix 'beauty'"),
        ({"lines": "median-3,median-3"}, "lines has 2 denoisers: give at most 5, each once"),
        ({"lines": ",".join(list(list_denoisers("digits"))[:6])}, "lines has 6 denoisers"),
        ({"lines": "median-3,magic"}, "unknown denoiser of digits 'magic'"),
        ({"figure": "s0-rising-noise"}, "give FIGURE:DENOISER:SOURCE:FIRST:SEED"),
        ({"figure": "s9:conv-pool:built-in:0:0"}, "unknown figure 's9'"),
        ({"figure": "s0-rising-noise:pix2pix-speckle:built-in:0:0"}, "unknown denoiser of digits"),
        ({"figure": "s0-rising-noise:conv-pool:cellar:0:0"}, "unknown source of digits 'cellar'"),
        ({"figure": "s0-rising-noise:conv-pool:built-in:999:0"}, "first picture 999"),
        ({"figure": "s0-rising-noise:conv-pool:built-in:0:9999999999"}, "seed"),
        ({"trained": "magic"}, "unknown recipe 'magic'"),
        ({"score": "beauty"}, "unknown score of digits 'beauty'"),
        ({"score": "accuracy", "picture": "portrait:0"}, "unknown score of faces"),
        ({"denoiser": "magic"}, "unknown denoiser 'magic'"),
    ],
)
def test_an_invalid_value_is_named(query, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        follow(query)
