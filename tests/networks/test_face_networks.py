"""S4's networks: Keras's padding in the strided autoencoder; gate and patches of pix2pix."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d
from torch import Tensor, nn

from denoise_demo.networks import PatchDiscriminator, build, count_parameters
from denoise_demo.networks.articles import StridedConv
from denoise_demo.networks.pix2pix import Pix2Pix


@pytest.fixture(autouse=True)
def fixed_weights():
    """Make initial weights the same in every run."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def strided() -> StridedConv:
    return StridedConv().eval()


@pytest.fixture
def pix2pix() -> Pix2Pix:
    return build("pix2pix").eval()


@pytest.fixture
def image(generator: torch.Generator) -> Tensor:
    return torch.rand(2, 3, 28, 28, generator=generator)


@pytest.mark.parametrize(
    ("layers", "parameters"),
    [
        (("encode1", "norm1", "encode2", "norm2", "code"), 333_476),
        (("decode", "decode1", "norm3", "decode2", "norm4", "output"), 373_379),
    ],
    ids=["encoder", "decoder"],
)
def test_each_half_has_the_articles_parameters(layers, parameters, strided):
    half = nn.ModuleList(getattr(strided, name) for name in layers)

    assert count_parameters(half) == parameters
    assert parameters - sum(p.numel() for p in half.parameters()) == 192  # running statistics


def test_the_code_is_linear(strided, image):
    code = strided.encode(image)

    assert code.shape == (2, 100)
    assert code.min() < 0 < code.max()


def test_batch_normalisation_has_keras_constants(strided):
    norms = [module for module in strided.modules() if isinstance(module, nn.BatchNorm2d)]

    assert [(norm.eps, norm.momentum) for norm in norms] == [(1e-3, 0.01)] * 4


def same_convolution(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Return TensorFlow's "same" convolution of stride two of an even (C, H, W), without bias."""
    padded = np.pad(image, ((0, 0), (0, 1), (0, 1)))
    rows = [
        sum(correlate2d(channel, tap, "valid") for channel, tap in zip(padded, kernel, strict=True))
        for kernel in kernels
    ]
    return np.stack(rows)[:, ::2, ::2]


def passing(layer: nn.Module, run: Callable[[], object]) -> tuple[Tensor, Tensor]:
    """Return the input and the output of a layer during a forward pass."""
    found: list[tuple[Tensor, Tensor]] = []
    handle = layer.register_forward_hook(lambda _, given, output: found.append((given[0], output)))
    with torch.no_grad():
        run()
    handle.remove()
    return found[0]


@pytest.mark.parametrize("name", ["encode1", "encode2"])
def test_strides_pad_below_and_to_the_right(name, strided, image):
    layer = getattr(strided, name)

    padded, halved = passing(layer, lambda: strided(image))

    source = padded[1, :, :-1, :-1].double().numpy()
    bias = layer.bias.detach().double().numpy().reshape(-1, 1, 1)
    expected = same_convolution(source, layer.weight.detach().double().numpy()) + bias
    np.testing.assert_allclose(halved[1].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(("name", "after"), [("decode1", "norm3"), ("decode2", "norm4")])
def test_the_decoder_transposes_the_encoders_convolutions(name, after, strided, image, generator):
    layer = getattr(strided, name)
    nn.init.zeros_(layer.bias)
    source, _ = passing(layer, lambda: strided(image))
    leaky, _ = passing(getattr(strided, after), lambda: strided(image))
    enlarged = torch.where(leaky < 0, leaky / 0.2, leaky)[0].double()

    other = torch.randn(enlarged.shape, generator=generator).double()
    halved = same_convolution(other.numpy(), layer.weight.detach().double().numpy())

    assert halved.shape == source[0].shape
    product = float((enlarged * other).sum())
    assert product == pytest.approx(float((halved * source[0].double().numpy()).sum()), rel=1e-4)


@pytest.mark.parametrize("widths", [(4, 8), (4, 6, 8, 8, 8, 8)])
def test_each_width_after_the_first_halves_the_image(widths, image):
    network = Pix2Pix(widths).eval()

    _, deepest = passing(network.down[-1], lambda: network(image))

    assert deepest.shape[2] == 32 >> (len(widths) - 1)
    assert network(image).shape == image.shape


def test_every_size_has_a_skip_connection(pix2pix, image):
    before = pix2pix(image)

    for index, merge in enumerate(pix2pix.merge):
        cut = copy.deepcopy(pix2pix)
        with torch.no_grad():
            cut.merge[index][0].weight[:, merge[0].out_channels :] = 0
        assert not torch.equal(cut(image), before)


def set_gate(network: Pix2Pix, value: float) -> None:
    """Set the gate's logit to one value everywhere, and the proposal to a quarter."""
    nn.init.zeros_(network.output.weight)
    with torch.no_grad():
        network.output.bias[:3] = float(torch.tensor(0.25).logit())
        network.output.bias[3:] = value


@pytest.mark.parametrize("mixed", [False, True])
def test_a_closed_gate_returns_the_clipped_input_exactly(mixed, pix2pix, image):
    set_gate(pix2pix, -200)

    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        denoised = pix2pix(3 * image - 1)

    assert torch.equal(denoised, (3 * image - 1).clamp(0, 1))


@pytest.mark.parametrize(("gate", "share"), [(200, 1), (0, 0.5)])
def test_an_open_gate_blends_the_proposal_with_the_input(gate, share, pix2pix, image):
    set_gate(pix2pix, gate)

    torch.testing.assert_close(pix2pix(image), share * 0.25 + (1 - share) * image)


def test_a_score_sees_18_by_18_pixels_of_both_images(image):
    noisy, clean = image.clone().requires_grad_(), image.flip(0).requires_grad_()

    scores = PatchDiscriminator()(noisy, clean)
    scores[0, 0, 3, 3].backward()

    assert scores.shape == (2, 1, 7, 7)
    for picture in (noisy, clean):
        touched = picture.grad[0].abs().sum(0) > 0
        assert touched.any(1).sum() == touched.any(0).sum() == 18
        assert picture.grad[1].count_nonzero() == 0


def test_together_the_scores_see_every_pixel(image):
    clean = image.clone().requires_grad_()

    PatchDiscriminator()(image, clean).sum().backward()

    assert (clean.grad.abs().sum(1) > 0).all()
