"""Limits from the environment, and the cores given to the process."""

import os
from dataclasses import fields
from pathlib import Path

import pytest

from denoise_demo.hosting.limits import Limits, cores


def test_without_variables_the_limits_have_their_defaults():
    assert Limits.from_environment({"PATH": "/bin"}) == Limits()


@pytest.mark.parametrize("entry", fields(Limits), ids=lambda entry: entry.name)
def test_every_limit_follows_its_variable(entry):
    read = Limits.from_environment({entry.metadata["variable"]: " 7 "})

    assert getattr(read, entry.name) == 7


@pytest.mark.parametrize("entry", fields(Limits), ids=lambda entry: entry.name)
def test_every_limit_is_documented(entry):
    document = (Path(__file__).parents[2] / "docs/hosting.md").read_text(encoding="utf-8")

    variable, meaning = entry.metadata["variable"], entry.metadata["meaning"]
    assert f"| `{variable}` | {entry.default} | {meaning} |" in document


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "1e3", "٣", "0"])
def test_anything_but_a_whole_number_is_an_error_that_names_the_variable(text):
    with pytest.raises(ValueError, match=r"DENOISE_BODY_KB .*give a whole number from 1"):
        Limits.from_environment({"DENOISE_BODY_KB": text})


def test_no_computations_mean_one_a_core():
    assert Limits.from_environment({"DENOISE_COMPUTATIONS": "0"}).computations == 0


@pytest.mark.parametrize(("text", "expected"), [("3", 3), ("0.5", 1), ("1.5", 2)])
def test_a_space_says_how_many_cores_it_gives(monkeypatch, text, expected):
    monkeypatch.setenv("CPU_CORES", text)

    assert cores.__wrapped__() == expected


@pytest.mark.parametrize("text", ["", "many", "inf", "nan"])
def test_without_a_number_the_cores_are_those_the_process_may_use(monkeypatch, text):
    monkeypatch.setenv("CPU_CORES", text)

    assert 1 <= cores.__wrapped__() <= (os.cpu_count() or 1)
