"""The blind network: shapes, its gate, and a spread that leaves the denoising alone."""

import pytest
import torch

from denoise_demo.blind_models import SPREAD_LEAST, Attention, BlindUNet, Dense, Local, Residual
from denoise_demo.models import count_parameters


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


def test_the_size_follows_the_rounds():
    sizes = [count_parameters(BlindUNet(1, (8, 16, 32), rounds)) for rounds in (0, 1, 2)]
    assert sizes[0] < sizes[1] < sizes[2]
