"""Every network of the registry has the same interface; the articles' have the articles' sizes."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoise_demo.networks import MODELS, ModelSpec, build, count_parameters
from denoise_demo.networks.articles import DenseReLU, EnlargeConv2d

CODE_UNITS = {f"dense-{n}": n for n in (1, 2, 8, 16, 32, 64, 300)} | {"dense-300-relu": 300}
CODES = {"conv-pool": (8, 4, 4), "conv-flat": (8, 28, 28)} | {
    k: (n,) for k, n in CODE_UNITS.items()
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
every_model = pytest.mark.parametrize("name", MODELS)
DENOISERS = [name for name in MODELS if name != "mlp-classifier"]
every_denoiser = pytest.mark.parametrize("name", DENOISERS)


def seeded_build(name: str, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(name)


def wild(name: str, count: int) -> Tensor:
    """Images far beyond [0, 1]."""
    shape = MODELS[name].shape
    return 5 * torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_network_has_this_many_parameters(name):
    assert count_parameters(name) == count_parameters(build(name)) == PARAMETERS[name]


@every_model
def test_a_weight_file_is_below_10_mb(name):
    assert 4 * count_parameters(name) < 10_000_000


def test_running_statistics_count_as_parameters():
    assert count_parameters(nn.BatchNorm2d(32)) == 128


@every_denoiser
def test_a_denoiser_returns_images_of_the_same_shape_in_the_unit_interval(name):
    module, noisy = seeded_build(name).eval(), wild(name, 4)
    before = noisy.clone()

    denoised = module(noisy)

    assert denoised.shape == noisy.shape
    assert denoised.dtype == torch.float32
    assert 0 <= denoised.min() <= denoised.max() <= 1
    assert torch.equal(noisy, before)
    torch.testing.assert_close(denoised[2:3], module(noisy[2:3]), atol=1e-5, rtol=1e-5)


def test_the_classifier_returns_ten_logits():
    logits = seeded_build("mlp-classifier").eval()(wild("mlp-classifier", 5))

    assert logits.shape == (5, 10)
    assert logits.min() < 0


@pytest.mark.parametrize("name", [k for k in DENOISERS if hasattr(MODELS[k].module, "logits")])
def test_forward_is_the_activation_of_logits(name):
    module, noisy = seeded_build(name).eval(), wild(name, 4)

    logits = module.logits(noisy)

    expected = logits.clamp(0, 1) if isinstance(module, DenseReLU) else logits.sigmoid()
    assert torch.equal(module(noisy), expected)


@pytest.mark.parametrize("name", CODES)
def test_the_code_has_the_articles_shape_and_is_rectified(name):
    module = seeded_build(name).eval()

    code = module.encode(wild(name, 3))

    assert code.shape == (3, *CODES[name])
    assert code.min() >= 0
    assert torch.equal(module.decode(code), module(wild(name, 3)))


@every_model
def test_every_parameter_gets_a_gradient(name):
    module = seeded_build(name).train()

    output = getattr(module, "with_spread", module)(wild(name, 8))
    output = torch.cat(output) if isinstance(output, tuple) else output
    output.square().sum().backward()

    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())


@every_model
def test_the_seed_determines_the_initial_weights(name):
    first, same, other = (seeded_build(name, seed).state_dict() for seed in (0, 0, 1))

    assert all(torch.equal(first[key], same[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_only_the_published_variant_exceeds_1_while_it_trains():
    module = seeded_build("dense-300-relu").train()

    assert module(wild("dense-300-relu", 4)).max() > 1


@pytest.mark.parametrize("name", ["unknown", "", None, 64])
def test_an_unknown_model_is_refused_naming_the_known_ones(name):
    with pytest.raises(ValueError, match=f"unknown model.*{', '.join(MODELS)}"):
        build(name)


def test_a_new_entry_can_be_built_with_default_or_other_arguments(monkeypatch):
    toy = ModelSpec("Toy", nn.Conv2d, {"in_channels": 1, "out_channels": 1, "kernel_size": 1})
    monkeypatch.setitem(MODELS, "toy", toy)

    assert count_parameters("toy") == 2
    assert count_parameters(build("toy", {**toy.arguments, "out_channels": 3})) == 6
    assert not toy.expects_error
    assert MODELS["blind-digits"].expects_error


# Nearest-neighbour upsampling


@pytest.mark.parametrize(("inputs", "outputs"), [(16, 1), (3, 5)])
@pytest.mark.parametrize("size", [(14, 14), (5, 3), (1, 1)])
def test_the_fused_upsampling_convolution_equals_the_plain_one(inputs, outputs, size, generator):
    with torch.inference_mode():  # must not affect later training
        EnlargeConv2d(inputs, outputs)(torch.rand(1, inputs, *size))
    fast, plain = EnlargeConv2d(inputs, outputs), nn.Conv2d(inputs, outputs, 3, padding=1)
    plain.load_state_dict(fast.state_dict())
    small = torch.rand(2, inputs, *size, generator=generator, requires_grad=True)

    ours, theirs = fast(small), plain(F.interpolate(small, scale_factor=2))

    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)
    weights = torch.rand(ours.shape, generator=generator)
    gradients = [
        torch.autograd.grad((output * weights).sum(), [small, *layer.parameters()])
        for output, layer in ((ours, fast), (theirs, plain))
    ]
    torch.testing.assert_close(*gradients, atol=1e-4, rtol=1e-4)


def test_conv_pool_upsamples_by_nearest_neighbour():
    module = seeded_build("conv-pool")
    with torch.no_grad():
        module.output.weight.zero_()[0, 0, 1, 1] = 1  # copy one channel of the last layer

    logits = module.logits(wild("conv-pool", 1))

    blocks = logits.unfold(2, 2, 2).unfold(3, 2, 2)  # (1, 1, 14, 14, 2, 2)
    assert torch.equal(blocks, blocks[..., :1, :1].expand_as(blocks))


def plain_convolutional(name, network):
    """The layers as listed in the article, with the network's weights."""
    pool = nn.MaxPool2d(2)
    if name == "conv-flat":
        names = "encode1", "encode2", "decode1", "decode2"
        layers = [module for part in names for module in (getattr(network, part), nn.ReLU())]
        return nn.Sequential(*layers, network.output)
    enlarge = nn.Upsample(scale_factor=2)
    output = nn.Conv2d(16, 1, 3, padding=1)
    output.load_state_dict(network.output.state_dict())
    return nn.Sequential(
        *(network.encode1, nn.ReLU(), pool, network.encode2, nn.ReLU(), pool),
        *(network.encode3, nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)),
        *(network.decode1, nn.ReLU(), enlarge, network.decode2, nn.ReLU(), enlarge),
        *(network.decode3, nn.ReLU(), enlarge, output),
    )


@pytest.mark.parametrize("name", ["conv-pool", "conv-flat"])
def test_a_convolutional_network_has_the_articles_layers(name, generator):
    network = build(name).eval()
    noisy = torch.rand(3, 1, 28, 28, generator=generator)

    with torch.no_grad():
        assert network.logits(noisy) == pytest.approx(
            plain_convolutional(name, network)(noisy), abs=1e-5
        )
