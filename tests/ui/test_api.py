"""The typed endpoints, through gradio_client, as another program would call them."""

import re
from pathlib import Path

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio.utils import get_function_description
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from denoise_demo.data import load_examples, read_image, to_digit, to_pil
from denoise_demo.data.portraits import load_portraits
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import add_noise, clean, denoise_image, experiment
from denoise_demo.ui.api import build_api, denoise


@pytest.fixture(scope="module")
def client():
    with gr.Blocks(analytics_enabled=False) as demo:
        build_api({"dense-8": "dense-8.safetensors is missing"})
    _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(url, verbose=False)
    demo.close()


def test_every_argument_is_explained_whole_where_gradio_shows_it():
    for function, count in ((denoise, 1), (denoise_image, 3), (add_noise, 2), (clean, 2)):
        _, arguments, returned = get_function_description(function)

        assert len(returned) == count
        assert all(text.endswith(".") for text in (*arguments.values(), *returned))


def test_the_arguments_are_those_that_programs_rely_on(client):
    endpoints = client.view_api(print_info=False, return_format="dict")["named_endpoints"]

    names = {
        key: [entry["parameter_name"] for entry in value["parameters"]]
        for key, value in endpoints.items()
    }
    settings = ["kind", "level", "blur_sigma", "seed"]
    assert names == {
        "/recipes": [],
        "/denoise": ["image", "recipe", *settings],
        "/denoise_image": ["picture", "denoiser", *settings, "domain", "prepared", "scale"],
        "/add_noise": ["picture", *settings, "domain", "prepared", "scale"],
        "/clean": ["picture", "denoiser", "strength"],
    }


@pytest.fixture(scope="module")
def face():
    """A portrait as 28 rows of 28 [red, green, blue]."""
    return load_portraits().clean(slice(0, 1))[0].permute(1, 2, 0).tolist()


@pytest.fixture(scope="module")
def digit():
    return load_examples().clean(slice(0, 1))[0, 0].tolist()


def test_recipes_lists_every_network_and_filter_and_whether_it_can_be_used(client):
    listed = client.predict(api_name="/recipes")

    assert [entry["id"] for entry in listed] == list(list_denoisers())
    assert [entry["id"] for entry in listed if not entry["available"]] == ["dense-8"]
    domains = {entry["id"]: entry["domain"] for entry in listed}
    assert (domains["conv-pool"], domains["pix2pix-gaussian"], domains["median-3"]) == (
        "digits",
        "faces",
        "",
    )


def test_denoise_gives_what_the_experiment_gives(client, digit):
    answer = client.predict(digit, "conv-pool", "uniform", 0.8, 0.5, 3, api_name="/denoise")

    settings = experiment.Settings("uniform", 0.8, 0.5, "conv-pool", 3)
    outcome = experiment.run(load_examples().clean(slice(0, 1)), settings)
    assert answer["denoised"] == pytest.approx(outcome.denoised[0, 0].numpy(), abs=1e-6)
    assert answer["scores"]["noisy"]["mae"] == pytest.approx(float(outcome.scores["noisy"]["mae"]))
    assert len(answer["probabilities"]["denoised"]) == 10


def test_denoise_takes_a_filter_too(client, digit):
    answer = client.predict(digit, "wiener", "gaussian", 0.3, 0.0, 3, api_name="/denoise")

    settings = experiment.Settings("gaussian", 0.3, 0.0, "wiener", 3)
    outcome = experiment.run(load_examples().clean(slice(0, 1)), settings)
    assert answer["denoised"] == pytest.approx(outcome.denoised[0, 0].numpy(), abs=1e-6)


def test_a_face_is_denoised_in_colour(client, face):
    answer = client.predict(face, "pix2pix-gaussian", "gaussian", 0.3, 0, 3, api_name="/denoise")

    settings = experiment.Settings("gaussian", 0.3, 0, "pix2pix-gaussian", 3)
    outcome = experiment.run(load_portraits().clean(slice(0, 1)), settings)
    assert answer["denoised"] == [
        [pytest.approx(pixel, abs=1e-6) for pixel in row]
        for row in outcome.denoised[0].permute(1, 2, 0).tolist()
    ]
    assert (answer["probabilities"], answer["outside"]) == ({}, False)


def test_a_face_comes_out_of_a_digit_network_in_grey(client, face):
    answer = client.predict(face, "conv-pool", "gaussian", 0.3, 0, 3, api_name="/denoise")

    assert isinstance(answer["denoised"][0][0], float)
    assert answer["outside"]


def test_denoise_as_it_is_has_no_finite_psnr(client, digit):
    answer = client.predict(digit, api_name="/denoise")

    assert answer["scores"]["noisy"]["psnr"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("conv-poo", "none", 0, 0, 0),
        ("conv-pool", "thunder", 0, 0, 0),
        ("conv-pool", "uniform", 3, 0, 0),
        ("conv-pool", "uniform", "much", 0, 0),
        ("conv-pool", "uniform", True, 0, 0),
        ("conv-pool", "uniform", 0.5, -1, 0),
        ("conv-pool", "uniform", 0.5, 0, -1),
        ("conv-pool", "uniform", 0.5, 0, 0.5),
    ],
)
def test_bad_settings_get_one_clear_sentence(client, digit, arguments):
    with pytest.raises(AppError) as caught:
        client.predict(digit, *arguments, api_name="/denoise")

    assert "Traceback" not in str(caught.value)
    assert any(word in str(caught.value) for word in ("choose", "give", "should be"))


@pytest.mark.parametrize(
    "image",
    [
        None,
        [],
        "digit",
        [[0.0] * 28] * 27,
        [[0.0] * 27] * 28,
        [[2.0] * 28] * 28,
        [["a"] * 28] * 28,
        [[[0.5] * 2] * 28] * 28,
        [[[0.5, 0.5, 1.5]] * 28] * 28,
        [[[0.5] * 3] * 28] * 27 + [[0.5] * 28],
        [[[[0.5]] * 3] * 28] * 28,
    ],
    ids=[
        "nothing",
        "empty",
        "text",
        "27 rows",
        "27 columns",
        "too bright",
        "letters",
        "two channels",
        "too bright a colour",
        "grey among colours",
        "nested too deep",
    ],
)
def test_a_bad_image_gets_one_clear_sentence(client, image):
    with pytest.raises(AppError, match="give 28 rows of 28 numbers"):
        client.predict(image, api_name="/denoise")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of a digit, dark on light and enlarged, of a photo and of what is no picture."""
    folder = tmp_path_factory.mktemp("pictures")
    digit = to_pil(1 - load_examples().clean(slice(3, 4)), 20)
    digit.save(folder / "digit.png")
    to_pil(load_portraits().clean(slice(0, 1)), 10).resize((300, 400)).save(folder / "face.jpg")
    (folder / "notes.txt").write_text("not a picture", encoding="utf-8")
    return folder


def test_a_picture_file_comes_back_as_two_small_ones(client, files):
    noisy, denoised, facts = client.predict(
        handle_file(files / "digit.png"),
        "conv-pool",
        "uniform",
        0.8,
        0.5,
        3,
        api_name="/denoise_image",
    )

    clean = to_digit(read_image(files / "digit.png"))
    outcome = experiment.run(clean, experiment.Settings("uniform", 0.8, 0.5, "conv-pool", 3))
    for path, image in ((noisy, outcome.noisy), (denoised, outcome.denoised)):
        assert Path(path).suffix == ".png"
        assert Image.open(path).tobytes() == to_pil(image).tobytes()
    assert facts["scores"]["noisy"]["mae"] == pytest.approx(float(outcome.scores["noisy"]["mae"]))
    assert (len(facts["probabilities"]["denoised"]), facts["domain"]) == (10, "digits")


def test_a_photo_comes_back_as_a_face(client, files):
    path, facts = client.predict(
        handle_file(files / "face.jpg"),
        "gaussian",
        0.2,
        domain="faces",
        scale=4,
        api_name="/add_noise",
    )

    image = Image.open(path)
    assert (image.mode, image.size) == ("RGB", (112, 112))
    assert 5 < facts["scores"]["psnr"] < 20


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("notes.txt", {}, "The file is not a picture: give a PNG"),
        ("digit.png", {"denoiser": "hf:user/name"}, "unknown denoiser 'hf:user/name'; choose one"),
        ("digit.png", {"level": "much"}, "level of the settings is 'much'"),
        ("digit.png", {"domain": "cats"}, "unknown domain 'cats'; choose one of: digits, faces"),
    ],
)
def test_a_bad_file_or_setting_gets_one_sentence(client, files, name, settings, sentence):
    with pytest.raises(AppError, match=re.escape(sentence)):
        client.predict(handle_file(files / name), **settings, api_name="/denoise_image")


@pytest.mark.parametrize(
    "picture",
    [None, "/etc/hostname", {"path": "/etc/hostname"}, 5, [], {"meta": {}}],
)
def test_only_an_uploaded_file_is_read(client, picture):
    with pytest.raises(AppError, match="upload a file"):
        client.predict(picture, api_name="/denoise_image")


def test_a_file_of_the_server_is_not_read(client, files):
    marked = {"path": str(files / "digit.png"), "meta": {"_type": "gradio.FileData"}}
    call = f"{client.src}gradio_api/call/denoise_image"
    event = httpx.post(call, json={"data": [marked]}).json()["event_id"]

    assert "event: error" in httpx.get(f"{call}/{event}").text


# Photographs


@pytest.fixture
def photo(tmp_path):
    """A noisy photograph with an opacity and a colour profile."""
    pixels = np.full((50, 70, 4), 255.0)
    pixels[..., :3] = 120 + np.random.default_rng(0).normal(0, 25, (50, 70, 3))
    pixels[0, 0, 3] = 7
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
        tmp_path / "photo.png", icc_profile=b"a profile"
    )
    return tmp_path / "photo.png"


@pytest.mark.parametrize("denoiser", ["blind-photos", "wavelet"])
def test_a_photograph_is_cleaned_at_its_own_size(client, photo, denoiser):
    path, facts = client.predict(handle_file(photo), denoiser, api_name="/clean")

    with Image.open(path) as picture:
        pixels = np.asarray(picture)
        assert picture.info["icc_profile"] == b"a profile"
    assert pixels.shape == (50, 70, 4)
    assert pixels[0, 0, 3] == 7
    assert pixels[..., :3].std() < 14
    assert (facts["width"], facts["height"], facts["bits"]) == (70, 50, 8)
    assert 20 < facts["noise"] < 30


def test_a_strength_of_zero_leaves_a_photograph_as_it_is(client, photo):
    path, _ = client.predict(handle_file(photo), "blind-photos", 0, api_name="/clean")

    with Image.open(path) as picture, Image.open(photo) as source:
        assert np.array_equal(np.asarray(picture), np.asarray(source))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("conv-pool",), "unknown denoiser of photographs 'conv-pool'"),
        (("blind-photos", 1.5), "strength is out of range"),
        (("blind-photos", "much"), "strength is"),
    ],
)
def test_settings_that_no_photograph_takes_are_one_sentence(client, photo, settings, words):
    with pytest.raises(AppError, match=re.escape(words)):
        client.predict(handle_file(photo), *settings, api_name="/clean")


def test_a_photograph_that_is_too_large_or_none_is_one_sentence(client, tmp_path):
    Image.new("1", (2001, 2000)).save(tmp_path / "large.png")
    (tmp_path / "text.png").write_text("hello")

    for name, words in (("large", "more than the limit of 4,000,000"), ("text", "not a picture")):
        with pytest.raises(AppError, match=words):
            client.predict(handle_file(tmp_path / f"{name}.png"), api_name="/clean")
