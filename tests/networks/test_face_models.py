"""The networks for faces: the article's sizes and padding, a gate that keeps, a patch's view."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d
from torch import Tensor, nn

from denoise_demo.denoisers import checkpoints
from denoise_demo.networks.faces import PatchDiscriminator, Pix2Pix, StridedConv
from denoise_demo.networks.models import build, count_parameters


@pytest.fixture(autouse=True)
def fixed_weights():
    """Let fresh weights be the same in every run."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def strided() -> StridedConv:
    return StridedConv().eval()


@pytest.fixture
def pix2pix() -> Pix2Pix:
    network = build("pix2pix")
    assert isinstance(network, Pix2Pix)
    return network.eval()


@pytest.fixture
def image(generator: torch.Generator) -> Tensor:
    return torch.rand(2, 3, 28, 28, generator=generator)


# The strided autoencoder


@pytest.mark.parametrize(
    ("part", "parameters"),
    [
        (("encode1", "norm1", "encode2", "norm2", "code"), 333_476),
        (("decode", "decode1", "norm3", "decode2", "norm4", "output"), 373_379),
    ],
    ids=["encoder", "decoder"],
)
def test_each_half_has_the_articles_parameters(
    part: tuple[str, ...], parameters: int, strided: StridedConv
) -> None:
    half = nn.ModuleList(getattr(strided, name) for name in part)
    trained = sum(parameter.numel() for parameter in half.parameters())

    assert count_parameters(half) == parameters
    assert parameters - trained == 192


def test_the_halves_are_the_whole(strided: StridedConv) -> None:
    assert count_parameters(strided) == 333_476 + 373_379


def test_the_code_is_a_hundred_numbers_of_either_sign(strided: StridedConv, image: Tensor) -> None:
    code = strided.encode(image)

    assert code.shape == (2, 100)
    assert code.min() < 0 < code.max()


def test_batch_normalisation_is_keras(strided: StridedConv) -> None:
    norms = [module for module in strided.modules() if isinstance(module, nn.BatchNorm2d)]

    assert len(norms) == 4
    assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-3, 0.01)}


def same_convolution(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Return TensorFlow's "same" convolution of stride two of an even (C, H, W), without bias."""
    padded = np.pad(image, ((0, 0), (0, 1), (0, 1)))
    rows = [
        sum(correlate2d(channel, tap, "valid") for channel, tap in zip(padded, kernel, strict=True))
        for kernel in kernels
    ]
    return np.stack(rows)[:, ::2, ::2]


def seen(module: nn.Module, run, *, incoming: bool = False) -> Tensor:
    """Return what comes out of a layer, or goes in, while something runs."""
    found: list[Tensor] = []
    if incoming:
        handle = module.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    else:
        handle = module.register_forward_hook(lambda _, inputs, output: found.append(output))
    with torch.no_grad():
        run()
    handle.remove()
    return found[0]


@pytest.mark.parametrize("layer", ["encode1", "encode2"])
def test_the_image_is_halved_with_padding_below_and_to_the_right(
    layer: str, strided: StridedConv, image: Tensor
) -> None:
    convolution = getattr(strided, layer)
    source = image if layer == "encode1" else seen(strided.norm1, lambda: strided(image))

    halved = seen(convolution, lambda: strided(image))

    weight = convolution.weight.detach().double().numpy()
    bias = convolution.bias.detach().double().numpy().reshape(-1, 1, 1)
    expected = same_convolution(source[1].double().numpy(), weight) + bias
    np.testing.assert_allclose(halved[1].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(("layer", "after"), [("decode1", "norm3"), ("decode2", "norm4")])
def test_the_way_back_is_the_adjoint_of_the_way_there(
    layer: str, after: str, strided: StridedConv, image: Tensor, generator: torch.Generator
) -> None:
    convolution = getattr(strided, layer)
    nn.init.zeros_(convolution.bias)
    source = seen(convolution, lambda: strided(image), incoming=True)
    leaky = seen(getattr(strided, after), lambda: strided(image), incoming=True)
    enlarged = torch.where(leaky < 0, leaky / 0.2, leaky)[0].double()

    other = torch.randn(enlarged.shape, generator=generator).double()
    there = same_convolution(other.numpy(), convolution.weight.detach().double().numpy())

    assert enlarged.shape[1:] == tuple(2 * side for side in source.shape[2:])
    assert there.shape == source[0].shape
    product = float((enlarged * other).sum())
    assert product == pytest.approx(float((there * source[0].double().numpy()).sum()), rel=1e-4)


# pix2pix


def test_the_image_is_halved_at_most_five_times(pix2pix: Pix2Pix, image: Tensor) -> None:
    deepest = seen(pix2pix.down[-1], lambda: pix2pix(image))

    assert 1 <= len(pix2pix.down) <= 5
    assert deepest.shape[2:] == (32 >> len(pix2pix.down),) * 2


@pytest.mark.parametrize("widths", [(4, 8), (4, 6, 8, 8, 8, 8)])
def test_any_number_of_widths_up_to_six_works(widths: tuple[int, ...], image: Tensor) -> None:
    network = Pix2Pix(widths).eval()

    assert len(network.down) == len(widths) - 1
    assert network(image).shape == image.shape


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("gain", [1, 1000])
def test_the_output_stays_in_the_unit_interval(
    count: int, gain: float, pix2pix: Pix2Pix, generator: torch.Generator
) -> None:
    nn.init.normal_(pix2pix.output.weight, std=gain)
    noisy = 0.5 + 2 * torch.randn(count, 3, 28, 28, generator=generator)

    denoised = pix2pix(noisy).detach()

    assert denoised.shape == noisy.shape
    assert 0 <= float(denoised.min()) <= float(denoised.max()) <= 1


def set_gate(network: Pix2Pix, value: float) -> None:
    """Let all gates be open (large) or closed (small), and the paint be a quarter everywhere."""
    nn.init.zeros_(network.output.weight)
    with torch.no_grad():
        network.output.bias[:3] = float(torch.tensor(0.25).logit())
        network.output.bias[3:] = value


@pytest.mark.parametrize("mixed", [False, True])
def test_a_closed_gate_returns_the_input_exactly(
    mixed: bool, pix2pix: Pix2Pix, image: Tensor
) -> None:
    set_gate(pix2pix, -200)

    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        denoised = pix2pix(image)

    assert torch.equal(denoised, image)


def test_a_closed_gate_limits_the_input(pix2pix: Pix2Pix, image: Tensor) -> None:
    set_gate(pix2pix, -200)

    assert torch.equal(pix2pix(3 * image - 1), (3 * image - 1).clamp(0, 1))


def test_an_open_gate_paints_anew_and_a_half_open_one_mixes(
    pix2pix: Pix2Pix, image: Tensor
) -> None:
    set_gate(pix2pix, 200)
    torch.testing.assert_close(pix2pix(image), torch.full_like(image, 0.25))

    set_gate(pix2pix, 0)
    torch.testing.assert_close(pix2pix(image), (image + 0.25) / 2)


def test_each_size_is_handed_across(pix2pix: Pix2Pix, image: Tensor) -> None:
    before = pix2pix(image)
    for index, merge in enumerate(pix2pix.merge):
        cut = copy.deepcopy(pix2pix)
        width = merge[0].out_channels
        with torch.no_grad():
            cut.merge[index][0].weight[:, width:] = 0  # the half that came across

        assert not torch.equal(cut(image), before)


def test_a_weight_file_stays_below_10_mb(pix2pix: Pix2Pix, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "x.safetensors", pix2pix.state_dict(), {})

    assert (tmp_path / "x.safetensors").stat().st_size < 10_000_000


# The discriminator


def test_a_verdict_is_given_for_every_patch(image: Tensor) -> None:
    judge = PatchDiscriminator()

    assert judge(image, image).shape == (2, 1, 7, 7)
    assert judge(image[:1], image[:1]).shape == (1, 1, 7, 7)


def test_a_verdict_sees_18_by_18_pixels_of_both_pictures(image: Tensor) -> None:
    judge = PatchDiscriminator()
    noisy, clean = image.clone().requires_grad_(), image.flip(0).requires_grad_()

    judge(noisy, clean)[0, 0, 3, 3].backward()

    for picture in (noisy, clean):
        touched = picture.grad[0].abs().sum(0) > 0
        rows, columns = touched.any(1).nonzero(), touched.any(0).nonzero()
        assert (len(rows), len(columns)) == (18, 18)
        assert int(rows.max() - rows.min()) == 17
        assert picture.grad[1].count_nonzero() == 0
    assert "18 x 18" in (PatchDiscriminator.__doc__ or "")


def test_together_the_verdicts_see_every_pixel(image: Tensor) -> None:
    clean = image.clone().requires_grad_()

    PatchDiscriminator()(image, clean).sum().backward()

    assert (clean.grad.abs().sum(1) > 0).all()
