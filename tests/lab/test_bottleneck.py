"""Codes of digits, and pictures decoded from edited codes."""

import pytest
import torch

from denoise_demo.data import load_examples
from denoise_demo.data.pixels import to_bytes
from denoise_demo.denoisers.engine import load_network
from denoise_demo.lab import bottleneck, experiment
from denoise_demo.lab.bottleneck import EDITED, MAP_SIZE, NETWORKS, PLANE
from denoise_demo.networks import Autoencoder
from denoise_demo.ui.panels.bottleneck.bottleneck import codes, decode
from denoise_demo.ui.web.server import pack


def request(**changes):
    values = {
        "source": {"kind": "example", "index": 5},
        "kind": "gaussian",
        "level": 0.2,
        "blur_sigma": 0.0,
        "denoiser": "blind-digits",
        "seed": 3,
    }
    return values | changes


@pytest.fixture(scope="module")
def reply():
    return codes(request())


def test_the_networks_are_sorted_by_the_size_of_their_codes():
    sizes = [bottleneck.unit_spans(network).numel() for network in NETWORKS]
    assert sizes == sorted(sizes)
    assert sizes[:6] == [1, 2, 8, 16, 32, 64]
    assert {128, 300} <= set(sizes)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_denoised_picture_is_its_decoded_code(network, reply):
    found = reply["networks"][network]

    settings = experiment.Settings("gaussian", 0.2, 0.0, network, 3)
    outcome = experiment.run(load_examples().clean(slice(5, 6)), settings)
    assert found["image"] == to_bytes(outcome.denoised[0])
    assert found["psnr"] == pytest.approx(outcome.scores["denoised"]["psnr"].item())
    if network in EDITED:
        image = bottleneck.decode(network, torch.tensor(found["code"]))
        torch.testing.assert_close(image, outcome.denoised, atol=1e-5, rtol=0)
        assert decode({"network": network, "code": found["code"]})["digit"] == found["digit"]


@pytest.mark.parametrize("network", NETWORKS)
def test_a_code_is_shown_unit_by_unit(network, reply):
    found = reply["networks"][network]
    height, width = found["code_shape"]
    pixels = found["code_image"]
    assert len(pixels) == height * width == bottleneck.unit_spans(network).numel()
    assert max(pixels) > 0


@pytest.mark.parametrize("network", EDITED)
def test_the_sliders_move_the_strongest_units(network, reply):
    found = reply["networks"][network]
    code = found["code"]
    units = [unit["unit"] for unit in found["units"]]
    assert len(units) == min(8, len(code))
    weakest = min(code[unit] for unit in units)
    assert all(value <= weakest for i, value in enumerate(code) if i not in units)
    assert all(0 <= code[unit["unit"]] <= unit["span"] for unit in found["units"])


def test_maps_of_a_code_stay_whole():
    code = torch.zeros(8, 4, 4)
    code[5] = 1.0  # the second map of the lower row
    picture = bottleneck.code_picture(code, torch.ones(8, 4, 4))
    assert picture.shape == (1, 8, 16)
    assert bool((picture[0, 4:, 4:8] == 1).all())
    assert float(picture.sum()) == 16


def test_the_map_shows_the_class_of_each_code():
    plane = bottleneck.code_map()
    first, second = 50, 20  # columns by the first unit, rows by the second
    code = plane.span * torch.tensor([first, second]) / (MAP_SIZE - 1)
    read = decode({"network": PLANE, "code": code.tolist()})
    assert read["digit"] == int(plane.digits[second, first])
    assert read["probability"] == pytest.approx(float(plane.sure[second, first]), abs=1e-4)
    assert bool((plane.points <= plane.span).all())
    assert len(plane.digits.unique()) >= 4


def test_every_network_of_the_tab_has_a_code():
    assert all(isinstance(load_network(key).module, Autoencoder) for key in NETWORKS)
    pack(codes(request()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": {"kind": "portrait", "index": 0}}, "these networks were trained on digits"),
        ({"kind": "perlin"}, "perlin"),
        ({"extra": 1}, "extra"),
    ],
)
def test_codes_of_nonsense_are_answered_in_a_sentence(changes, message):
    assert message in codes(request(**changes))["error"]


@pytest.mark.parametrize(
    ("network", "code", "message"),
    [
        ("dense-2", [1.0], "give 2 numbers"),
        ("dense-2", "ab", "code of the request is"),
        ("dense-2", [1.0, None], "code.1 of the request is None"),
        ("dense-2", [1.0, float("nan")], "code.1 of the request is nan"),
        ("dense-2", [1.0, 1e300], "too large"),
        ("conv-flat", [0.0], "unknown network with a code"),
        (["dense-2"], [1.0, 1.0], "network of the request is"),
    ],
)
def test_a_malformed_code_is_answered_in_a_sentence(network, code, message):
    assert message in decode({"network": network, "code": code})["error"]
