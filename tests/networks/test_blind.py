"""The blind networks: gated output, detached error estimate, global context."""

import pytest
import torch
from torch import nn

from denoise_demo.networks import Attention, BlindUNet, DenseMixer, Local, Residual
from denoise_demo.networks.blind import CORRECTION_MINIMUM, SPREAD_MINIMUM, BlindCorrection


def unet(channels: int = 1) -> BlindUNet:
    torch.manual_seed(0)
    return BlindUNet(channels, (8, 16, 32), 1).eval()


@pytest.fixture
def correction() -> BlindCorrection:
    torch.manual_seed(0)
    return BlindCorrection(3, (8, 16, 32), 1, 2).eval()


def noisy(channels: int = 1) -> torch.Tensor:
    return 4 * torch.randn(3, channels, 28, 28, generator=torch.Generator().manual_seed(1))


def grey() -> torch.Tensor:
    return torch.full((1, 3, 28, 28), 0.5)


def set_output(network: BlindCorrection, correction: float, gate: float) -> None:
    """Set the correction and the gate's logit to one value everywhere."""
    with torch.no_grad():
        network.output.weight.zero_()
        network.output.bias[:3], network.output.bias[3:] = correction, gate


@pytest.mark.parametrize("channels", [1, 3])
def test_the_expected_error_comes_with_the_same_denoised_images(channels):
    denoised, spread = unet(channels).with_spread(noisy(channels))

    assert denoised.shape == spread.shape == (3, channels, 28, 28)
    assert 0 <= denoised.min() <= denoised.max() <= 1
    assert spread.min() >= SPREAD_MINIMUM
    assert torch.equal(denoised, unet(channels)(noisy(channels)))


def test_a_closed_gate_keeps_the_image_exactly():
    network = unet()
    with torch.no_grad():
        network.output.bias[1] = -1000

    assert torch.equal(network(noisy()), noisy().clamp(0, 1))


def test_the_expected_error_does_not_train_the_denoising():
    network = unet()

    network.with_spread(noisy())[1].sum().backward()

    trained = {name for name, p in network.named_parameters() if p.grad is not None}
    assert trained == {name for name, _ in network.named_parameters() if name[:7] == "spread."}


def test_a_correction_starts_as_the_identity(correction):
    assert torch.equal(correction(noisy(3)), noisy(3).clamp(0, 1))


def test_a_correction_is_clipped_in_eval_mode_only(correction):
    set_output(correction, 2, 6)

    assert correction(noisy(3)).max() == 1
    assert correction.train()(noisy(3)).max() > 1


@pytest.mark.parametrize(
    ("wanted", "gate", "moved"),
    [(0.1, -6, 0), (0.1, 6, 0.1), (0.9 * CORRECTION_MINIMUM, 6, 0), (-0.02, 6, -0.02)],
    ids=["closed gate", "open gate", "invisible", "visible"],
)
def test_a_gate_closes_and_opens_fully_and_invisible_corrections_are_dropped(
    wanted, gate, moved, correction
):
    set_output(correction, wanted, gate)

    torch.testing.assert_close(correction(grey()), grey() + moved, rtol=0, atol=1e-7)
    if gate > 0:
        torch.testing.assert_close(correction.train()(grey()), grey() + wanted)


def test_a_correction_sees_which_values_are_saturated(correction):
    image, expected = grey(), torch.zeros(1, 3, 28, 28)
    image[0, 1, 7, 7], image[0, 2, 9, 9] = 0, 1
    set_output(correction, 0, 6)
    features = 8
    with torch.no_grad():
        correction.output.weight[1, features + 1, 1, 1] = 0.25  # where green is 0
        correction.output.weight[2, features + 5, 1, 1] = -0.25  # where blue is 1
    expected[0, 1, 7, 7], expected[0, 2, 9, 9] = 0.25, -0.25

    torch.testing.assert_close(correction(image) - image, expected)


@pytest.mark.parametrize("block", [Local, Attention, DenseMixer])
def test_a_new_block_adds_nothing_that_depends_on_the_image(block):
    torch.manual_seed(0)
    tokens = torch.randn(2, 49, 32)

    added = block(32).eval()(tokens) - tokens

    torch.testing.assert_close(added, added[:1].expand_as(added))


@pytest.mark.parametrize("block", [Attention, DenseMixer])
def test_every_token_depends_on_every_other(block):
    torch.manual_seed(0)
    mixing, tokens = block(32), torch.randn(1, 49, 32, requires_grad=True)
    for parameter in mixing.parameters():
        nn.init.normal_(parameter, std=0.3)

    mixing(tokens)[0, 0].sum().backward()

    assert bool(tokens.grad.abs().sum(2).gt(0).all())


def test_attention_agrees_with_torch():
    torch.manual_seed(0)
    ours, theirs = Attention(32), nn.MultiheadAttention(32, Attention.HEADS, batch_first=True)
    nn.init.normal_(ours.project.weight, std=0.3)
    nn.init.zeros_(ours.shrink.bias)
    theirs.in_proj_weight = ours.query_key_value.weight
    theirs.in_proj_bias = ours.query_key_value.bias
    theirs.out_proj = ours.project
    tokens = torch.randn(2, 49, 32)

    normed = ours.norm1(tokens)
    expected = tokens + theirs(normed, normed, normed, need_weights=False)[0]

    torch.testing.assert_close(ours(tokens), expected)


def test_folding_keeps_a_residual_blocks_output():
    torch.manual_seed(0)
    block, x = Residual(8), torch.randn(3, 8, 14, 14)
    nn.init.normal_(block.norm2.weight)
    for _ in range(20):
        block(2 * x + 1)  # moves the running statistics
    expected = block.eval()(x)

    block.fold()

    assert not any(isinstance(part, nn.BatchNorm2d) for part in block.modules())
    torch.testing.assert_close(block(x), expected)
    assert (expected - x).abs().mean() > 0.1
