"""Losses on a device that is not the CPU: no tensor is left behind."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from denoise_demo.denoisers import RECIPES
from denoise_demo.networks import MODELS, build
from denoise_demo.training.objective import LOSSES
from tests.fake import DEVICE, images, moved

USED = {(recipe.model, recipe.loss) for recipe in RECIPES.values()}
OTHERS = {("conv-pool", loss) for loss in LOSSES.keys() - {loss for _, loss in USED}}


@pytest.mark.parametrize(("model", "loss"), sorted(USED | OTHERS))
def test_a_loss_and_its_gradient_stay_on_their_device(model, loss):
    module, shape, spec = build(model), MODELS[model].shape, LOSSES[loss]

    with FakeTensorMode():
        network = getattr(moved(module), spec.output)
        classes = torch.empty(4, dtype=torch.long, device=DEVICE)
        target = classes if loss == "cross-entropy" else images(4, *shape)
        value = spec.function(network(images(4, *shape)), target)
        value.backward()

    gradients = [p.grad.device for p in module.parameters() if p.grad is not None]
    assert gradients
    assert {value.device, *gradients} == {DEVICE}
