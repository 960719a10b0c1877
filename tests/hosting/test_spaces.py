"""The repository as a Space: its configuration, what is uploaded and what is installed."""

import re
import subprocess
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard, SpaceHardware
from huggingface_hub.utils import filter_repo_objects
from packaging.requirements import Requirement
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
HOSTING = (ROOT / "docs/hosting.md").read_text(encoding="utf-8")
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.fixture(scope="module")
def card():
    return SpaceCard.load(ROOT / "README.md").data


def requirements(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_space_has_a_complete_configuration(card):
    assert (card.sdk, card.app_file) == ("gradio", "app.py")
    assert (ROOT / card.app_file).exists()
    assert {card.colorFrom, card.colorTo} <= COLOURS
    assert len(card.title) <= 60
    assert len(card.short_description) <= 60
    assert card.header == "mini"
    assert card.suggested_hardware in {hardware.value for hardware in SpaceHardware}


def test_the_licence_names_the_restriction_of_the_face_weights(card):
    assert card.license == "other"
    assert "non-commercial" in card.license_name
    assert "non-commercial" in (ROOT / card.license_link).read_text(encoding="utf-8").lower()


def test_the_thumbnail_is_in_the_repository(card):
    _, _, path = card.thumbnail.partition("/resolve/main/")

    with Image.open(ROOT / path) as image:
        assert image.size == (1200, 630)


def test_the_space_runs_the_gradio_that_is_pinned(card):
    pinned = [line for line in requirements("requirements.txt") if line.startswith("gradio=")]

    assert pinned == [f"gradio=={card.sdk_version}"]


def test_python_is_one_of_zerogpu_and_the_code_allows_it(card):
    assert card.python_version in {"3.12.12", "3.10.13"}
    lowest = re.search(r'target-version = "py(\d)(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert (int(lowest[1]), int(lowest[2])) <= (3, 12)


def test_requirements_name_no_index_which_zerogpu_would_take_torch_from():
    assert not [line for line in requirements("requirements.txt") if line.startswith("-")]
    for line in requirements("requirements.txt"):
        Requirement(line)


def test_a_machine_without_a_gpu_installs_the_same_from_another_index():
    index, same = requirements("requirements-cpu.txt")

    assert index == "--extra-index-url https://download.pytorch.org/whl/cpu"
    assert same == "-r requirements.txt"


def test_what_is_uploaded_is_complete_and_small():
    (command,) = re.findall(r"^hf upload .* --exclude .*$", HOSTING, re.MULTILINE)
    patterns = re.findall(r'--exclude "([^"]+)"', command)
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    files = listed.stdout.splitlines()

    kept = set(filter_repo_objects(files, ignore_patterns=patterns))

    left_out = {path.split("/")[0] for path in set(files) - kept}
    assert left_out <= {"tests", "benchmarks", ".ci"}
    assert max((ROOT / path).stat().st_size for path in kept) < 10_000_000
    assert sum((ROOT / path).stat().st_size for path in kept) < 100_000_000
