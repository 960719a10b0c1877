"""The network for photographs: any size, the identity at the start, tiles like the whole."""

import pytest
import torch
from torch import Tensor

from denoise_demo.networks.photos import PhotoUNet, reflected

SIZES = [(1, 1), (1, 50), (17, 33), (64, 48)]


def small(seed: int = 0) -> PhotoUNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PhotoUNet(widths=(8, 8, 8), encode=(1, 1), middle=1, decode=(1, 2))


def trained() -> PhotoUNet:
    """A network whose every layer has an effect, as after training."""
    network = small().eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.05)
    return network


def picture(height: int, width: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(height))


@pytest.mark.parametrize("size", SIZES)
def test_it_starts_as_the_identity_at_any_size(size):
    assert torch.equal(small().eval()(picture(*size)), picture(*size))


@pytest.mark.parametrize("size", SIZES)
def test_a_trained_one_keeps_the_size_and_the_unit_interval(size):
    with torch.no_grad():
        denoised = trained()(3 * picture(*size) - 1)

    assert denoised.shape == (1, 3, *size)
    assert float(denoised.min()) >= 0
    assert float(denoised.max()) <= 1


def test_every_parameter_gets_a_gradient():
    network = trained().train()
    (network(picture(32, 32)) - picture(32, 32)).square().mean().backward()

    assert all(float(p.grad.abs().sum()) > 0 for p in network.parameters())


def test_in_training_nothing_is_clipped():
    assert float(small().train()(picture(8, 8) + 2).detach().min()) > 1


def test_a_distant_change_has_no_effect():
    network, one = trained(), picture(64, 256)
    other = one.clone()
    other[..., 192:] = 0

    with torch.no_grad():
        assert torch.equal(network(one)[..., :64], network(other)[..., :64])


def test_pictures_of_a_batch_do_not_mix():
    network, batch = trained(), picture(24, 24, count=2)

    with torch.no_grad():
        assert torch.allclose(network(batch)[:1], network(batch[:1]), atol=1e-6)


def test_an_extension_mirrors_the_border():
    row = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 1, 3)

    assert reflected(row, 8).flatten(2)[0, 0, :8].tolist() == [1, 2, 3, 3, 2, 1, 1, 2]
    assert reflected(row, 1) is row
