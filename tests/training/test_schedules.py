"""Learning-rate schedules: where they start, end and turn, and PyTorch's own as the measure."""

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from denoise_demo.training.schedules import SCHEDULES, START, WARM_UP, constant, cosine, one_cycle

STEPS = 200


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_no_schedule_leaves_the_span_from_nothing_to_the_full_rate(schedule) -> None:
    rates = [schedule(step / STEPS) for step in range(STEPS + 1)]

    assert min(rates) >= 0
    assert max(rates) == pytest.approx(1)


def test_the_constant_rate_never_changes() -> None:
    assert {constant(step / STEPS) for step in range(STEPS)} == {1.0}


def follow(scheduler_of) -> list[float]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = scheduler_of(optimiser), []
    for _ in range(STEPS):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


def test_cosine_is_pytorchs() -> None:
    expected = follow(lambda optimiser: CosineAnnealingLR(optimiser, STEPS))

    assert [cosine(step / STEPS) for step in range(STEPS)] == pytest.approx(expected, abs=1e-6)


def test_one_cycle_is_pytorchs() -> None:
    # PyTorch counts from the first step to the last, so its end is one step earlier.
    expected = follow(
        lambda optimiser: OneCycleLR(
            optimiser, 1.0, STEPS, pct_start=WARM_UP, div_factor=1 / START, final_div_factor=1e9
        )
    )

    ours = [one_cycle(step / STEPS) for step in range(STEPS)]
    assert ours == pytest.approx(expected, abs=0.02)
    assert ours.index(max(ours)) == WARM_UP * STEPS
