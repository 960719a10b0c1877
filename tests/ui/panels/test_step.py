"""The stage's server side: one JSON object in, pictures and numbers out."""

import base64
import math

import pytest
import torch

from denoise_demo.benchmark import live_metrics
from denoise_demo.data import faces_test, load_examples
from denoise_demo.data.faces import load_faces
from denoise_demo.data.pixels import from_bytes
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import dreams, experiment
from denoise_demo.lab.sources import clean_picture
from denoise_demo.ui.controls import FIELDS
from denoise_demo.ui.panels.stage.stage import MOST_SPREAD, dream, step
from denoise_demo.ui.web.server import pack


def request(**changes):
    settings = {
        "source": {"kind": "example", "index": 0},
        "kind": "uniform",
        "level": 0.8,
        "blur_sigma": 0.5,
        "denoiser": "conv-pool",
        "seed": 0,
    }
    return settings | changes


def drawing(ink=255, **changes):
    pixels = bytearray(112 * 112)
    for y in range(20, 80):
        pixels[112 * y + 30 : 112 * y + 38] = bytes([ink] * 8)
    source = {"kind": "drawing", "pixels": base64.b64encode(bytes(pixels)).decode(), "size": 112}
    return source | {"centre": True} | changes


def photo(size=112, **changes):
    """A photo whose left half is red and whose right half is blue."""
    row = bytes([255, 0, 0] * 56 + [0, 0, 255] * 56)
    pixels = base64.b64encode(row * 112).decode()
    return {"kind": "photo", "pixels": pixels, "size": size} | changes


@pytest.mark.parametrize("denoiser", list_denoisers("digits"))
def test_every_network_and_filter_answers_with_its_pictures_and_all_numbers(denoiser):
    reply = step(request(denoiser=denoiser))

    assert reply["shape"] == [28, 28, 1]
    spread = {"spread"} if list_denoisers()[denoiser].expects_error else set()
    assert set(reply["images"]) == {"clean", "noisy", "denoised", "error"} | spread
    assert (reply["expected"] is None) == (not spread)
    assert all(len(pixels) == 28 * 28 for pixels in reply["images"].values())
    assert set(reply["scores"]["denoised"]) == set(live_metrics())
    assert all(len(p) == 10 for p in reply["probabilities"].values())
    assert reply["label"] == int(load_examples().labels[0])
    pack(reply)


def test_the_pictures_are_those_of_the_experiment():
    reply = step(request())

    settings = experiment.Settings("uniform", 0.8, 0.5, "conv-pool", 0)
    outcome = experiment.run(load_examples().clean(slice(0, 1)), settings)
    shown = from_bytes(reply["images"]["denoised"], height=28, width=28)
    assert torch.allclose(shown, outcome.denoised, atol=0.5 / 255 + 1e-6)
    error = from_bytes(reply["images"]["error"], height=28, width=28)
    expected = ((outcome.denoised - outcome.clean).abs() / MOST_SPREAD).clamp(max=1)
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

    again = {"kind": "pixels", "pixels": base64.b64encode(first["images"]["clean"]).decode()}
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
    {"denoiser": "conv-poo"},
    {"denoiser": "mlp-classifier"},
    {"denoiser": {"id": "conv-pool"}},
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
    {"kind": "portrait", "index": 2},
    {"kind": "portrait", "index": -1},
    {"kind": "portrait"},
    {"kind": "face", "index": "0"},
    photo(size=27),
    photo(size=10**9),
    photo(size=True),
    photo(size=113),
    photo(pixels=None),
    photo(pixels="AAAA"),
    photo(centre=True),
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
    assert 10 < len(reply["error"]) < 800
    assert "\n" not in reply["error"]


@pytest.mark.parametrize("field", ["source", *FIELDS])
def test_a_missing_field_is_named(field):
    incomplete = request()
    del incomplete[field]

    assert field in step(incomplete)["error"]


# Faces


@pytest.mark.parametrize("denoiser", list_denoisers("faces"))
def test_every_network_and_filter_of_faces_answers_in_colour(denoiser):
    source = {"kind": "portrait", "index": 1}
    reply = step(request(source=source, denoiser=denoiser, kind="gaussian", level=0.32))

    assert reply["shape"] == [28, 28, 3]
    assert len(reply["images"]["denoised"]) == 28 * 28 * 3
    assert len(reply["images"]["error"]) == 28 * 28
    assert set(reply["scores"]["denoised"]) == set(live_metrics())
    assert (reply["probabilities"], reply["label"]) == ({}, None)
    assert (reply["outside"], reply["original"]) == ("", None)
    pack(reply)


def test_a_photo_is_shrunk_in_colour_without_smearing_its_halves():
    picture, label = clean_picture(photo())

    assert label is None
    assert picture.shape == (1, 3, 28, 28)
    assert picture[0, :, 14, 3].tolist() == [1, 0, 0]
    assert picture[0, :, 14, 24].tolist() == [0, 0, 1]


def test_a_photo_is_antialiased():
    row = bytes([255, 255, 255, 0, 0, 0] * 56)
    stripes = base64.b64encode(row * 112).decode()

    picture, _ = clean_picture(photo(pixels=stripes))

    assert abs(picture - 0.5).max() < 0.1


def test_a_face_in_a_digit_network_is_grey_and_said_to_be_outside():
    source = {"kind": "portrait", "index": 0}
    reply = step(request(source=source))

    assert reply["shape"] == [28, 28, 1]
    assert "trained on digits" in reply["outside"]
    assert torch.equal(clean_picture(reply["original"])[0], clean_picture(source)[0])


def test_a_drawing_in_a_face_network_is_outside_and_stays_a_digit():
    reply = step(request(source=drawing(), denoiser="pix2pix-gaussian", kind="none", level=0))

    assert reply["shape"] == [28, 28, 3]
    assert "trained on faces" in reply["outside"]
    assert torch.equal(clean_picture(reply["original"])[0], clean_picture(drawing())[0])
    assert len(reply["probabilities"]["denoised"]) == 10


@pytest.mark.parametrize(
    "source", [{"kind": "example", "index": 0}, {"kind": "portrait", "index": 0}]
)
def test_no_picture_is_outside_a_filter(source):
    assert step(request(source=source, denoiser="median-3"))["outside"] == ""


@pytest.mark.data
def test_faces_are_those_of_the_test_split(data_dir, monkeypatch):
    monkeypatch.setenv("DENOISE_DATA_DIR", str(data_dir))

    picture, label = clean_picture({"kind": "face", "index": 5})

    assert torch.equal(picture, load_faces("test", data_dir).clean(slice(5, 6)))
    assert label is None


def test_without_faces_the_reply_says_how_to_get_them(monkeypatch):
    monkeypatch.delenv("DENOISE_DATA_DIR", raising=False)
    faces_test.cache_clear()

    assert "DENOISE_DATA_DIR" in step(request(source={"kind": "face", "index": 0}))["error"]


# Expected error and dreams


def test_a_blind_network_shows_what_error_it_expects():
    reply = step(request(denoiser="blind-digits"))

    settings = experiment.Settings("uniform", 0.8, 0.5, "blind-digits", 0)
    spread = experiment.run(load_examples().clean(slice(0, 1)), settings).spread
    shown = from_bytes(reply["images"]["spread"], height=28, width=28)
    assert torch.allclose(shown * MOST_SPREAD, spread, atol=0.3 / 255)
    assert reply["expected"] == pytest.approx(float(spread.square().mean().sqrt()))


def test_a_dream_has_pictures_and_a_reading_for_every_step():
    frames = dream({"seed": 3})["frames"]

    steps = list(dreams.dream(3))
    assert len(frames) == len(steps) == dreams.STEPS
    shown = from_bytes(frames[-1]["images"]["denoised"], height=28, width=28)
    assert torch.allclose(shown, steps[-1].denoised, atol=0.5 / 255 + 1e-6)
    assert [frame["sigma"] for frame in frames] == [step.sigma for step in steps]
    assert all(sum(frame["probabilities"]) == pytest.approx(1, abs=1e-4) for frame in frames)
    pack({"frames": frames})


@pytest.mark.parametrize("seed", [-1, 2**31, 0.5, "7", None, True])
def test_an_invalid_seed_is_refused(seed):
    reply = dream({"seed": seed})

    assert "frames" not in reply
    assert "seed" in reply["error"]


def test_a_dream_needs_a_seed_and_nothing_else():
    assert "seed of the request is missing" in dream({})["error"]
    assert "unknown" in dream({"seed": 1, "steps": 10**9})["error"]
