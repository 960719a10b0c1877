"""The container's files fit the repository: what they copy, versions, port, variables."""

import re
from pathlib import Path

import yaml
from huggingface_hub import SpaceCard

from denoise_demo.hosting import health

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
HOSTING = (ROOT / "docs/hosting.md").read_text(encoding="utf-8")


def test_everything_that_is_copied_exists_and_is_not_ignored():
    copied = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in allowed


def test_it_has_the_python_of_the_space():
    (version,) = re.findall(r"^FROM python:(\S+)-slim$", DOCKERFILE, re.MULTILINE)

    assert SpaceCard.load(ROOT / "README.md").data.python_version.startswith(f"{version}.")


def test_the_port_and_the_health_check_are_those_of_the_page():
    (port,) = re.findall(r"GRADIO_SERVER_PORT=(\d+)", DOCKERFILE)
    (checked, path) = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", DOCKERFILE).groups()

    assert re.search(rf"^EXPOSE {port}$", DOCKERFILE, re.MULTILINE)
    assert checked == port
    assert path in {route.path for route in health.ROUTES}
    assert COMPOSE["services"]["page"]["ports"] == [f"{port}:{port}"]


def test_it_runs_without_privileges_and_writes_only_to_memory():
    page = COMPOSE["services"]["page"]

    assert re.search(r"^USER 1000$", DOCKERFILE, re.MULTILINE)
    assert page["read_only"] is True
    assert page["cap_drop"] == ["ALL"]
    assert page["security_opt"] == ["no-new-privileges:true"]
    assert [place.split(":")[0] for place in page["tmpfs"]] == ["/tmp"]


def test_every_variable_is_documented():
    variables = {*re.findall(r"\b((?:DENOISE|GRADIO)_\w+)=", DOCKERFILE)}
    variables |= set(COMPOSE["services"]["page"]["environment"])

    assert variables
    assert all(f"`{name}`" in HOSTING for name in variables)
