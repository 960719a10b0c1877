"""The stage's server side: one JSON object in, pictures and numbers out."""

import base64
import json
import math

import pytest
import torch

from denoise_demo import experiment
from denoise_demo.data import load_examples
from denoise_demo.images import decode_pixels
from denoise_demo.methods import methods
from denoise_demo.sources import clean_picture
from denoise_demo.ui.stage import FIELDS, step


def request(**changes):
    settings = {
        "source": {"kind": "example", "index": 0},
        "kind": "uniform",
        "level": 0.8,
        "blur_sigma": 0.5,
        "recipe": "conv-pool",
        "seed": 0,
    }
    return settings | changes


def drawing(ink=255, **changes):
    pixels = bytearray(112 * 112)
    for y in range(20, 80):
        pixels[112 * y + 30 : 112 * y + 38] = bytes([ink] * 8)
    source = {"kind": "drawing", "pixels": base64.b64encode(bytes(pixels)).decode(), "size": 112}
    return source | {"centre": True} | changes


@pytest.mark.parametrize("recipe", methods())
def test_every_network_and_filter_answers_with_four_pictures_and_all_numbers(recipe):
    reply = step(request(recipe=recipe))

    assert reply["shape"] == [28, 28, 1]
    assert set(reply["images"]) == {"clean", "noisy", "denoised", "error"}
    assert all(len(base64.b64decode(text)) == 28 * 28 for text in reply["images"].values())
    assert set(reply["scores"]["denoised"]) == {"psnr", "ssim", "mae"}
    assert all(len(p) == 10 for p in reply["probabilities"].values())
    assert reply["label"] == int(load_examples().labels[0])
    json.dumps(reply, allow_nan=False)


def test_the_pictures_are_those_of_the_experiment():
    reply = step(request())

    settings = experiment.Settings("uniform", 0.8, 0.5, "conv-pool", 0)
    outcome = experiment.run(load_examples().clean(slice(0, 1)), settings)
    shown = decode_pixels(reply["images"]["denoised"], height=28, width=28)
    assert torch.allclose(shown, outcome.denoised, atol=0.5 / 255 + 1e-6)
    error = decode_pixels(reply["images"]["error"], height=28, width=28)
    expected = (outcome.denoised - outcome.clean).abs()
    assert torch.allclose(error, expected, atol=0.5 / 255 + 1e-6)
    assert reply["scores"]["denoised"]["psnr"] == pytest.approx(
        float(outcome.scores["denoised"]["psnr"])
    )


def test_an_untouched_picture_has_no_finite_psnr():
    reply = step(request(kind="none", level=0, blur_sigma=0))

    assert reply["scores"]["noisy"]["psnr"] is None
    assert reply["scores"]["noisy"]["ssim"] == pytest.approx(1)


def test_a_drawing_is_centred_unless_told_otherwise():
    centred = clean_picture(drawing())[0]
    left_alone = clean_picture(drawing(centre=False))[0]

    columns = torch.arange(28.0)
    middle = [float((p.sum((0, 1, 2)) * columns).sum() / p.sum()) for p in (centred, left_alone)]
    assert middle[0] == pytest.approx(13.7, abs=0.8)
    assert middle[1] == pytest.approx(34 / 112 * 28 - 0.5, abs=0.6)


def test_a_picture_sent_back_gives_the_same_pictures():
    first = step(request(source=drawing()))

    again = {"kind": "pixels", "pixels": first["images"]["clean"]}
    second = step(request(source=again | {"height": 28, "width": 28, "channels": 1}))

    assert second["images"] == first["images"]


@pytest.mark.parametrize("source", [drawing(ink=0), {**drawing(ink=0), "centre": False}])
def test_a_blank_pad_is_said_to_be_blank(source):
    reply = step(request(source=source))

    assert "blank" in reply["error"]
    assert "probabilities" not in reply


BAD_SETTINGS = [
    {"level": 2.01},
    {"level": -0.1},
    {"level": math.nan},
    {"level": math.inf},
    {"level": True},
    {"level": "0.5"},
    {"level": None},
    {"level": [0.5]},
    {"level": 10**400},
    {"blur_sigma": 4.5},
    {"blur_sigma": math.nan},
    {"blur_sigma": {}},
    {"kind": "thunder"},
    {"kind": None},
    {"kind": ["uniform"]},
    {"recipe": "conv-poo"},
    {"recipe": "mlp-classifier"},
    {"recipe": {"id": "conv-pool"}},
    {"seed": -1},
    {"seed": 2**31},
    {"seed": 1.5},
    {"seed": False},
    {"extra": 1},
]
BAD_SOURCES = [
    None,
    "example",
    {},
    {"kind": "nothing"},
    {"kind": []},
    {"kind": "example"},
    {"kind": "example", "index": 10_000},
    {"kind": "example", "index": -1},
    {"kind": "example", "index": 0.5},
    {"kind": "example", "index": True},
    {"kind": "example", "index": 0, "more": 1},
    {"kind": "drawing", "pixels": "AAAA", "size": 112, "centre": True},
    {"kind": "drawing", "pixels": "AAAA", "size": 10**9, "centre": True},
    {"kind": "drawing", "pixels": None, "size": 112, "centre": True},
    drawing(centre="yes"),
    {"kind": "pixels", "pixels": "!!!!", "height": 28, "width": 28, "channels": 1},
    {"kind": "pixels", "pixels": "", "height": 0, "width": 28, "channels": 1},
    {"kind": "pixels", "pixels": "", "height": 28, "width": 28, "channels": 2},
]


@pytest.mark.parametrize(
    "bad",
    [request(**change) for change in BAD_SETTINGS]
    + [request(source=source) for source in BAD_SOURCES]
    + [None, [], "text", 3, {}],
    ids=repr,
)
def test_a_bad_request_gets_one_clear_sentence(bad):
    reply = step(bad)

    assert set(reply) == {"error", "milliseconds"}
    assert 10 < len(reply["error"]) < 400
    assert "\n" not in reply["error"]


@pytest.mark.parametrize("field", ["source", *FIELDS])
def test_a_missing_field_is_named(field):
    incomplete = request()
    del incomplete[field]

    assert field in step(incomplete)["error"]


def test_a_colour_picture_is_refused_by_a_digit_network():
    pixels = base64.b64encode(bytes(28 * 28 * 3)).decode()
    source = {"kind": "pixels", "pixels": pixels, "height": 28, "width": 28, "channels": 3}

    assert "error" in step(request(source=source))
