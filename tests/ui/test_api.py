"""The typed endpoints, through gradio_client, as another program would call them."""

import gradio as gr
import pytest
from gradio.utils import get_function_description
from gradio_client import Client
from gradio_client.exceptions import AppError

from denoise_demo.data import load_examples
from denoise_demo.data.portraits import load_portraits
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import experiment
from denoise_demo.ui.api import build_api, denoise


@pytest.fixture(scope="module")
def client():
    with gr.Blocks(analytics_enabled=False) as demo:
        build_api({"dense-8": "dense-8.safetensors is missing"})
    _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(url, verbose=False)
    demo.close()


def test_every_argument_is_explained_whole_where_gradio_shows_it():
    _, arguments, (returned,) = get_function_description(denoise)

    assert list(arguments) == ["image", "recipe", "kind", "level", "blur_sigma", "seed"]
    assert all(text.endswith(".") for text in (*arguments.values(), returned))


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
