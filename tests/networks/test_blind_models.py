"""The blind network: shapes, its gate, and a spread that leaves the denoising alone."""

import pytest
import torch
from torch import nn

from denoise_demo.networks.blind import (
    FAINTEST,
    SPREAD_LEAST,
    Attention,
    BlindCorrection,
    BlindUNet,
    Dense,
    Local,
    Residual,
)
from denoise_demo.networks.models import count_parameters


def network(channels: int = 1) -> BlindUNet:
    torch.manual_seed(0)
    return BlindUNet(channels, (8, 16, 32), 1).eval()


def noisy(channels: int = 1) -> torch.Tensor:
    return torch.randn(3, channels, 28, 28, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("channels", [1, 3])
def test_images_keep_their_shape_and_stay_between_black_and_white(channels):
    given = 4 * noisy(channels)
    denoised, spread = network(channels).with_spread(given)
    assert denoised.shape == spread.shape == given.shape
    assert 0 <= denoised.min() <= denoised.max() <= 1
    assert spread.min() >= SPREAD_LEAST
    assert torch.equal(denoised, network(channels)(given))


def test_a_shut_gate_keeps_the_picture_exactly():
    blind, given = network(), noisy()
    with torch.no_grad():
        blind.output.bias[1] = -1000
    assert torch.equal(blind(given), given.clamp(0, 1))


def test_the_spread_teaches_the_denoising_nothing():
    blind = network()
    _, spread = blind.with_spread(noisy())
    spread.sum().backward()
    learning = {name for name, p in blind.named_parameters() if p.grad is not None}
    assert learning == {name for name, _ in blind.named_parameters() if name.startswith("spread.")}


def correction() -> BlindCorrection:
    torch.manual_seed(0)
    return BlindCorrection(3, (8, 16, 32), 1, 2).eval()


def test_a_correction_starts_by_changing_nothing():
    assert torch.equal(correction()(noisy(3)), noisy(3).clamp(0, 1))


def test_corrected_images_stay_between_black_and_white_but_for_what_the_loss_sees():
    blind = correction()
    with torch.no_grad():
        blind.output.bias[:3] = 2
    assert blind(noisy(3)).max() == 1
    assert blind.train()(noisy(3)).max() > 1


@pytest.mark.parametrize(("gate", "moved"), [(-6.0, 0.0), (6.0, 0.1)])
def test_the_gate_of_a_correction_closes_and_opens_for_good(gate, moved):
    blind, given = correction(), torch.full((1, 3, 28, 28), 0.5)
    with torch.no_grad():
        blind.output.weight.zero_()
        blind.output.bias[:3], blind.output.bias[3:] = 0.1, gate
    torch.testing.assert_close(blind(given), given + moved, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("wanted", "moved"), [(0.9 * FAINTEST, 0.0), (-0.02, -0.02)])
def test_a_correction_that_nobody_sees_is_left_out(wanted, moved):
    blind, given = correction(), torch.full((1, 3, 28, 28), 0.5)
    with torch.no_grad():
        blind.output.weight.zero_()
        blind.output.bias[:3], blind.output.bias[3:] = wanted, 6
    torch.testing.assert_close(blind(given), given + moved, rtol=0, atol=1e-7)
    torch.testing.assert_close(blind.train()(given), given + wanted)


def test_a_correction_sees_which_values_are_at_an_end():
    blind, given = correction(), torch.full((1, 3, 28, 28), 0.5)
    given[0, 1, 7, 7], given[0, 2, 9, 9] = 0, 1
    features = 8
    with torch.no_grad():
        blind.output.weight.zero_()
        blind.output.bias.fill_(6)  # open
        blind.output.bias[:3] = 0
        blind.output.weight[1, features + 1, 1, 1] = 0.25  # where green is 0
        blind.output.weight[2, features + 5, 1, 1] = -0.25  # where blue is 1
    moved = blind(given) - given
    expected = torch.zeros_like(given)
    expected[0, 1, 7, 7], expected[0, 2, 9, 9] = 0.25, -0.25
    torch.testing.assert_close(moved, expected)


@pytest.mark.parametrize("block", [Local, Attention, Dense])
def test_what_a_block_adds_at_first_is_the_same_for_every_picture(block):
    torch.manual_seed(0)
    tokens, fresh = torch.randn(2, 49, 32), block(32).eval()
    added = fresh(tokens) - tokens
    torch.testing.assert_close(added, added[:1].expand_as(added))


@pytest.mark.parametrize("block", [Attention, Dense])
def test_every_token_can_look_at_every_other(block):
    torch.manual_seed(0)
    looking = block(32)
    for parameter in looking.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    tokens = torch.randn(1, 49, 32, requires_grad=True)
    looking(tokens)[0, 0].sum().backward()
    assert bool(tokens.grad.abs().sum(2).gt(0).all())


def test_attention_is_that_of_torch():
    torch.manual_seed(0)
    mine, theirs = Attention(32), torch.nn.MultiheadAttention(32, Attention.HEADS, batch_first=True)
    torch.nn.init.normal_(mine.project.weight, std=0.3)
    torch.nn.init.zeros_(mine.shrink.bias)
    theirs.in_proj_weight, theirs.in_proj_bias = (
        mine.query_key_value.weight,
        mine.query_key_value.bias,
    )
    theirs.out_proj.weight, theirs.out_proj.bias = mine.project.weight, mine.project.bias
    tokens = torch.randn(2, 49, 32)
    normed = mine.norm1(tokens)
    expected = tokens + theirs(normed, normed, normed, need_weights=False)[0]
    torch.testing.assert_close(mine(tokens), expected)


def test_the_residual_block_keeps_the_size():
    assert Residual(4)(torch.rand(2, 4, 14, 14)).shape == (2, 4, 14, 14)


def test_folded_the_residual_block_computes_the_same_without_normalisation():
    torch.manual_seed(0)
    block, x = Residual(8), torch.randn(3, 8, 14, 14)
    nn.init.normal_(block.norm2.weight)
    for _ in range(20):
        block(2 * x + 1)  # the normalisations get to know it
    expected = block.eval()(x)
    block.fold()
    assert not any(isinstance(part, nn.BatchNorm2d) for part in block.modules())
    torch.testing.assert_close(block(x), expected)
    assert (expected - x).abs().mean() > 0.1


def test_the_size_follows_the_rounds():
    sizes = [count_parameters(BlindUNet(1, (8, 16, 32), rounds)) for rounds in (0, 1, 2)]
    assert sizes[0] < sizes[1] < sizes[2]
