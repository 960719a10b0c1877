"""Every network: the articles' sizes, one contract for all."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoise_demo.networks.models import (
    MODELS,
    ConvPool,
    DenseReLU,
    EnlargeConv2d,
    MLPClassifier,
    build,
    count_parameters,
)

CODE_UNITS = {
    "dense-1": 1,
    "dense-2": 2,
    "dense-8": 8,
    "dense-16": 16,
    "dense-32": 32,
    "dense-64": 64,
    "dense-300": 300,
    "dense-300-relu": 300,
}
RECTIFIED_CODES = {
    "conv-pool": (8, 4, 4),
    "conv-flat": (8, 28, 28),
    **{name: (units,) for name, units in CODE_UNITS.items()},
}
PARAMETERS = {
    "conv-pool": 4_385,
    "conv-flat": 3_217,
    "dense-1": 2_353,
    "dense-64": 101_200,
    "strided-conv": 333_476 + 373_379,
    "pix2pix": 820_838,  # ours; the article's has millions
    "blind-digits": 2_235_411,
    "blind-faces": 2_379_213,
    "mlp-classifier": 269_322,
    **{name: 784 * n + n + n * 784 + 784 for name, n in CODE_UNITS.items()},
}
GATED = ("pix2pix", "blind-digits", "blind-faces")
DENOISERS = [name for name, spec in MODELS.items() if spec.module is not MLPClassifier]
DIRECT = [name for name in DENOISERS if name not in GATED]


def seeded_build(name: str, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(name)


def wild(count: int, shape: tuple[int, int, int]) -> Tensor:
    """Images that leave [0, 1] far behind."""
    return 5 * torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", MODELS)
def test_a_network_has_this_many_parameters(name: str) -> None:
    assert count_parameters(build(name)) == PARAMETERS[name]


@pytest.mark.parametrize("name", DENOISERS)
def test_a_denoiser_keeps_the_shape(name: str) -> None:
    module = seeded_build(name).eval()

    for shape in [MODELS[name].shape]:
        for count in (1, 3):
            assert module(wild(count, shape)).shape == (count, *shape)


@pytest.mark.parametrize("name", DENOISERS)
def test_a_denoiser_returns_the_unit_interval_in_eval_mode(name: str) -> None:
    module = seeded_build(name).eval()

    denoised = module(wild(16, MODELS[name].shape))

    assert denoised.dtype == torch.float32
    assert denoised.min() >= 0
    assert denoised.max() <= 1


@pytest.mark.parametrize("name", DIRECT)
def test_logits_are_what_forward_activates(name: str) -> None:
    module = seeded_build(name).eval()
    noisy = wild(4, MODELS[name].shape)

    logits = module.logits(noisy)

    relu_output = isinstance(module, DenseReLU)
    expected = logits.clamp(0, 1) if relu_output else logits.sigmoid()
    assert torch.equal(module(noisy), expected)


@pytest.mark.parametrize("name", RECTIFIED_CODES)
def test_the_code_has_the_articles_shape_and_is_rectified(name: str) -> None:
    module = seeded_build(name).eval()

    code = module.encode(wild(3, MODELS[name].shape))

    assert code.shape == (3, *RECTIFIED_CODES[name])
    assert code.min() >= 0


@pytest.mark.parametrize("name", DENOISERS)
def test_images_of_a_batch_do_not_influence_each_other(name: str) -> None:
    module = seeded_build(name).eval()
    noisy = wild(4, MODELS[name].shape)

    together = module(noisy)

    torch.testing.assert_close(together[2:3], module(noisy[2:3]), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_the_input_stays_as_it_is(name: str) -> None:
    module = seeded_build(name).eval()
    noisy = wild(2, MODELS[name].shape)
    before = noisy.clone()

    module(noisy)

    assert torch.equal(noisy, before)


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    module = seeded_build(name).train()

    if hasattr(module, "with_spread"):
        output = torch.cat(module.with_spread(wild(8, MODELS[name].shape)))
    else:
        output = module(wild(8, MODELS[name].shape))
    output.square().sum().backward()

    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())


def constants(module: nn.Module) -> set[str]:
    """Return the names of the numbers that start alike: normalisations, and all that is zero."""
    kinds = nn.BatchNorm2d | nn.LayerNorm
    norms = {k: m for k, m in module.named_modules() if isinstance(m, kinds)}
    named = {f"{name}.{key}" for name, norm in norms.items() for key in norm.state_dict()}
    return named | {key for key, value in module.state_dict().items() if not value.any()}


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_decides_the_fresh_weights(name: str) -> None:
    first, same, other = seeded_build(name), seeded_build(name), seeded_build(name, seed=1)

    assert first.state_dict().keys() == same.state_dict().keys()
    constant = constants(first)
    for key, tensor in first.state_dict().items():
        assert torch.equal(tensor, same.state_dict()[key])
        assert key in constant or not torch.equal(tensor, other.state_dict()[key])


@pytest.mark.parametrize("name", MODELS)
def test_no_weight_file_reaches_10_mb(name: str) -> None:
    assert 4 * count_parameters(build(name)) < 10_000_000


def test_only_the_published_variant_exceeds_1_while_it_trains() -> None:
    module = seeded_build("dense-300-relu").train()

    assert module(wild(4, (1, 28, 28))).max() > 1


def test_the_classifier_returns_ten_logits() -> None:
    logits = seeded_build("mlp-classifier").eval()(wild(5, (1, 28, 28)))

    assert logits.shape == (5, 10)
    assert logits.min() < 0


def test_conv_pool_upsamples_by_the_nearest_neighbour() -> None:
    module = seeded_build("conv-pool")
    with torch.no_grad():
        module.output.weight.zero_()[0, 0, 1, 1] = 1  # pass one channel of the last step through

    logits = module.logits(wild(1, (1, 28, 28)))

    blocks = logits.unfold(2, 2, 2).unfold(3, 2, 2)  # (1, 1, 14, 14, 2, 2)
    assert torch.equal(blocks, blocks[..., :1, :1].expand_as(blocks))
    assert isinstance(module, ConvPool)


@pytest.mark.parametrize("name", ["unknown", "", None, 64])
def test_an_unknown_model_is_refused_naming_the_known_ones(name: object) -> None:
    with pytest.raises(ValueError, match="unknown model") as caught:
        build(name)

    assert all(known in str(caught.value) for known in MODELS)


def test_running_statistics_count_as_parameters() -> None:
    assert count_parameters(nn.BatchNorm2d(32)) == 128


# The convolution of an enlarged image


@pytest.fixture
def enlarge():
    """Return a convolution of enlarged images and the plain one with the same weights."""

    def make(inputs, outputs):
        fast, plain = EnlargeConv2d(inputs, outputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        plain.load_state_dict(fast.state_dict())
        return fast, lambda small: plain(F.interpolate(small, scale_factor=2)), plain

    return make


@pytest.mark.parametrize(("inputs", "outputs"), [(16, 1), (3, 5), (1, 1)])
@pytest.mark.parametrize("size", [(14, 14), (5, 3), (1, 1)])
def test_the_convolution_of_an_enlarged_image_is_that(inputs, outputs, size, enlarge, generator):
    fast, expected, _ = enlarge(inputs, outputs)
    small = torch.rand(2, inputs, *size, generator=generator)

    torch.testing.assert_close(fast(small), expected(small), atol=1e-6, rtol=1e-5)


def test_its_gradients_are_those_of_the_plain_way(enlarge, generator):
    fast, expected, plain = enlarge(4, 2)
    small = torch.rand(2, 4, 6, 6, generator=generator, requires_grad=True)
    weights = torch.rand(2, 2, 12, 12, generator=generator)

    ours = torch.autograd.grad((fast(small) * weights).sum(), [small, fast.weight, fast.bias])
    theirs = torch.autograd.grad(
        (expected(small) * weights).sum(), [small, plain.weight, plain.bias]
    )

    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_inference_does_not_spoil_a_later_training(generator):
    small = torch.rand(1, 16, 14, 14, generator=generator)
    with torch.inference_mode():
        EnlargeConv2d(16, 1)(small)

    fresh = EnlargeConv2d(16, 1)
    fresh(small).sum().backward()

    assert fresh.weight.grad.any()
