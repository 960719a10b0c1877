"""The scripts of benchmarks/ start, and the fast ones print a table."""

import importlib
import sys

import pytest

from denoise_demo.networks import build


@pytest.mark.parametrize(
    "name", ["designs", "dreams", "engine", "learn", "live", "specialists", "training", "views"]
)
def test_a_script_starts(name, monkeypatch, capsys):
    if name in ("learn", "live", "views"):
        pytest.importorskip("playwright")
    script = importlib.import_module(f"benchmarks.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])

    with pytest.raises(SystemExit) as caught:
        script.main()

    assert caught.value.code == 0
    assert f"python -m benchmarks.{name}" in capsys.readouterr().out


def test_dreams_are_counted_by_digit(monkeypatch, capsys):
    from benchmarks import dreams

    monkeypatch.setattr(sys, "argv", ["dreams", "--count", "2", "--steps", "2"])
    dreams.main()

    assert capsys.readouterr().out.count("|") == 3 * 12


def test_a_design_trains_and_is_scored(digits):
    from benchmarks import designs

    network = designs.with_context()

    steps = designs.train(network, digits.clean(), 0.2, "Adam", 0.001)

    assert steps >= 1
    assert designs.scores(build("blind-digits").eval(), digits.clean(slice(4))).keys() == set(
        designs.POINTS_SHOWN
    )
