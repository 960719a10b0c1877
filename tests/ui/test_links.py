"""Links restore what was shown, or say why they cannot."""

import re
from pathlib import Path

import gradio as gr
import pytest

from denoise_demo import ui
from denoise_demo.corruption.noise import NOISES
from denoise_demo.data import load_examples
from denoise_demo.data.portraits import load_portraits
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab.experiment import Settings
from denoise_demo.lab.sources import clean_picture, pixels_source
from denoise_demo.ui.controls import STARTS
from denoise_demo.ui.following import follow_link
from denoise_demo.ui.links import CELLS, NAMES, SHOWN, SORTED_BY, parse_link

PAGE = Path(ui.__file__).parent


def for_address(source):
    plain = source["pixels"].replace("+", "-").replace("/", "_").rstrip("=")
    return f"pixels:{source['channels']}:{plain}"


@pytest.mark.parametrize("query", [{}, {"__theme": "dark"}, {"view": "api", "logs": "x"}])
def test_an_address_without_our_parameters_is_no_link(query):
    assert parse_link(query) is None


@pytest.mark.parametrize("show", SHOWN)
def test_a_link_opens_its_view_with_everything_else_as_at_the_start(show):
    link = parse_link({"show": show})
    assert link.show == show
    assert link.settings == STARTS["digits"].settings
    assert (link.source, link.tab) == (STARTS["digits"].source, STARTS["digits"].tab)


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
    link = parse_link(query)
    assert link.settings == Settings("salt-pepper", 0.25, 1.5, "median-3", 77)
    assert (link.domain, link.tab) == ("faces", "portrait")
    assert link.source == {"kind": "portrait", "index": 1}
    assert not link.any_network


def test_a_link_has_what_single_views_add():
    query = {
        "lines": "median-3,conv-pool",
        "network": "dense-2",
        "code": "0.5 12",
        "figure": "s0-rising-noise:dense-64:built-in:3:7",
        "trained": "mlp-classifier",
    }
    link = parse_link(query)
    assert link.lines == ["median-3", "conv-pool"]
    names = ("kind", "recipe", "source", "first", "seed")
    values = ("s0-rising-noise", "dense-64", "example", 3, 7)
    assert link.figure == dict(zip(names, values, strict=True))
    assert link.trained == "mlp-classifier"


def test_where_there_is_one_picture_it_is_the_first():
    assert parse_link({"figure": "s0-rising-noise:dense-64:laboratory:3:0"}).figure["first"] == 0


def test_no_line_in_colour_is_a_choice_too():
    assert parse_link({"lines": ""}).lines == []


def test_the_page_and_the_server_know_the_same_parameters():
    said = (PAGE / "link.js").read_text("utf-8")
    own, ours = re.search(r"const OWN = \{.*?\};\nconst OURS = .*?;", said, re.S)[0].split("OURS")
    lists = re.findall(r"\[(.*?)\]", own + ours)
    assert {name for text in lists for name in re.findall(r'"(\w+)"', text)} == NAMES
    orders = re.findall(r'option value="(\w+)"', (PAGE / "compare.html").read_text("utf-8"))
    assert tuple(orders) == SORTED_BY
    assert all(f'"{cell}"' in (PAGE / "matrix.js").read_text("utf-8") for cell in CELLS)


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Warning", said.append)
    return said


def values(updates):
    return [getattr(update, "value", update) for update in updates]


def test_a_link_sets_the_controls(warnings):
    query = {"show": "figures", "picture": "portrait:1", "noise": "speckle", "level": "0.5"}
    query["figure"] = "s0-rising-noise:dense-64:built-in:3:7"

    found = values(follow_link(list(list_denoisers()), query))

    assert found[:5] == ["speckle", 0.5, 0.0, "blind-faces", 0]
    assert "faces" in found
    place = found.index("s0-rising-noise")
    assert found[place : place + 5] == ["s0-rising-noise", "dense-64", "example", 3, 7]
    assert not warnings


@pytest.mark.parametrize(
    "query",
    [
        {"denoiser": "dense-2"},
        {"lines": "dense-2"},
        {"figure": "s0-rising-noise:dense-2:built-in:0:0"},
    ],
)
def test_a_link_to_what_cannot_be_used_shows_the_start(query, warnings):
    usable = [key for key in list_denoisers() if key != "dense-2"]

    found = values(follow_link(usable, query))

    assert "it needs dense-2, which cannot be used here" in warnings[0]
    assert found[:5] == ["uniform", 0.8, 0.5, "blind-digits", 0]
    assert len(found) == len(follow_link(list(list_denoisers()), query))


def test_a_link_that_names_no_denoiser_takes_the_first_that_can_be_used(warnings):
    usable = [key for key in list_denoisers() if key != "blind-digits"]

    assert values(follow_link(usable, {"trained": "dense-64"}))[3] == "conv-pool"
    assert not warnings


def test_a_noise_alone_comes_with_its_usual_level():
    assert parse_link({"noise": "poisson"}).settings.level == NOISES["poisson"].default


def test_a_network_for_other_pictures_is_allowed_where_the_link_has_one():
    assert parse_link({"picture": "portrait:0", "denoiser": "conv-pool"}).any_network


@pytest.mark.parametrize(
    ("picture", "domain", "tab"),
    [
        (load_examples().clean(slice(2, 3)), "digits", "upload"),
        (load_portraits().clean(slice(0, 1)), "faces", "photo"),
    ],
)
def test_a_drawn_or_brought_picture_travels_in_the_link(picture, domain, tab):
    source = pixels_source(picture)

    link = parse_link({"picture": for_address(source)})

    assert (link.domain, link.tab) == (domain, tab)
    assert clean_picture(link.source)[0].equal(clean_picture(source)[0])


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
def test_nonsense_is_named(query, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        parse_link(query)
