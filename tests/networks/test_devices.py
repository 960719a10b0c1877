"""Networks on a device that is not the CPU: no tensor is left behind."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from denoise_demo.networks import MODELS, PatchDiscriminator, build
from tests.fake import DEVICE, images, moved


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("key", MODELS)
def test_a_network_stays_on_its_device(key, training):
    module, shape = build(key).train(training), MODELS[key].shape

    with FakeTensorMode():
        moved(module)
        outputs = [module(images(4, *shape))]
        if MODELS[key].expects_error:
            outputs += module.with_spread(images(4, *shape))
        if training:
            sum(output.sum() for output in outputs).backward()

    assert {output.device for output in outputs} == {DEVICE}
    assert all(p.grad.device == DEVICE for p in module.parameters() if p.grad is not None)


def test_the_discriminator_stays_on_its_device():
    module = PatchDiscriminator()

    with FakeTensorMode():
        assert moved(module)(images(4, 3, 28, 28), images(4, 3, 28, 28)).device == DEVICE


def test_a_tensor_that_is_left_behind_is_found():
    module = build("conv-pool")

    with FakeTensorMode():
        moved(module)
        module.output.taps = torch.zeros(2, 3, 3)

        with pytest.raises(RuntimeError, match="same device"):
            module(images(4, 1, 28, 28))
