"""The documents: links and commands work, numbers and names match the code."""

import ast
import doctest
import json
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import app
import denoise_demo
import publish
import train
from denoise_demo.benchmark import load_results
from denoise_demo.denoisers import FILTERS
from tests.test_architecture import PACKAGE, imports, is_package, modules

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
    ROOT / "weights" / "README.md",
]
EXAMPLES = {"ID": "conv-pool", "DATA": "data", "FOLDER": "folder", "PYTHON": "python"}
documents = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix()
)


def test_the_readme_is_short():
    assert README.stat().st_size <= 9_000


def test_the_readme_example_works():
    failed, tried = doctest.testfile(str(README), module_relative=False)

    assert tried
    assert not failed


def test_the_readme_table_shows_the_results():
    results = load_results()
    rows = re.findall(r"^\| (\w+), .*`(\S+)` \| (.*) \|$", README.read_text("utf-8"), re.MULTILINE)

    assert len(rows) == 6
    for domain, point, cells in rows:
        scores = results.at_points(domain)
        here = {name: row.score("psnr").mean for (name, p), row in scores.items() if p == point}
        filters = [here.pop(name) for name in FILTERS]
        noisy, blind = here.pop("noisy"), here.pop(f"blind-{domain}")
        expected = [f"{v:.2f}" for v in (noisy, max(filters), max(here.values()), blind)]
        assert cells.replace("*", "").split(" | ") == expected, point


def test_the_changelog_begins_with_this_version():
    versions = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert re.fullmatch(rf"{denoise_demo.__version__} \(\d{{4}}-\d\d-\d\d\)", versions[0])


@documents
def test_every_link_leads_to_a_file_and_heading(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@documents
def test_every_file_named_exists(document):
    for name in re.findall(r"`([\w./-]+\.(?:py|js|css|html|md|json|toml|txt))`", text_of(document)):
        assert any(path.endswith(f"/{name}") for path in files()), name


@cache
def files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [f"/{line}" for line in listed.stdout.splitlines()]


def text_of(document: Path) -> str:
    return document.read_text("utf-8")


@documents
def test_every_environment_variable_is_read_somewhere(document):
    sources = "".join(
        path.read_text("utf-8")
        for path in [ROOT / "app.py", *PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    )

    for name in re.findall(r"\bDENOISE_\w+", text_of(document)):
        assert f'"{name}"' in sources, name


@documents
def test_no_path_of_a_machine_is_shown(document):
    assert not re.findall(r"(?<![\w.])/(?:tmp|home|root|work|mnt|opt|Users)/\S*", text_of(document))


@documents
def test_every_example_in_python_is_valid(document):
    for block in re.findall(r"^```python\n(.*?)^```", text_of(document), re.DOTALL | re.MULTILINE):
        if ">>>" not in block:
            ast.parse(block)


@documents
def test_every_command_works(document, capsys):
    for command in commands(document):
        words = [EXAMPLES.get(word, word) for word in shlex.split(command, comments=True)]
        while words and "=" in words[0]:  # a variable
            words.pop(0)
        if words[:1] == ["hf"]:
            # With --help the Hub's command line parses its options and does nothing.
            program = str(Path(sys.executable).with_name("hf"))
            subprocess.run([program, *words[1:], "--help"], check=True, capture_output=True)
        elif words and words[0] not in {"sed", "{", "cat", "}", "docker"}:
            check(*words)


def commands(document: Path) -> list[str]:
    """Return the commands of code blocks and of inline code that starts like one."""
    text = text_of(document)
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    inline = re.findall(r"`((?:(?:python|pip|torchrun|npm) |pytest|lint-imports)[^`]*)`", text)
    lines = [line for block in blocks for line in block.splitlines()] + inline
    return [part for line in lines for part in re.split(r"&&?", line) if part.strip()]


def check(program: str, *words: str) -> None:
    """Fail unless the command would start: its files, modules, options and names exist."""
    match program, *words:
        case "python", "-m", module, *options:
            check_module(module, options)
        case "python", "app.py", *options:
            assert app.command_line().parse_args(options)
        case ("python", "train.py", *options) | (
            "torchrun", "--nproc-per-node", "2", "train.py", *options
        ):  # fmt: skip
            assert train.main([*(options or ["--list"]), "--dry-run"]) == 0
        case "python", "publish.py", *options:
            assert publish.parse(options)
        case "pip", "install", "-r", name, *_:
            assert (ROOT / name).exists()
        case "pytest", *options:
            assert all((ROOT / word).exists() for word in options if "/" in word)
        case ("npm", "run", script) | ("npm", "test" as script):
            assert script in json.loads(text_of(ROOT / "package.json"))["scripts"]
        case (
            ("torchrun", _, "2")
            | ("npm", "ci")
            | (("pip" | "npm"), "install", _)
            | ("pip", "install", "-U", _)
            | ("pre-commit", "install")
        ):
            pass
        case (("ruff" | "mypy" | "lint-imports"), *_):
            name = "import-linter" if program == "lint-imports" else program
            assert name in text_of(ROOT / "requirements-dev.txt")
        case _:
            pytest.fail(f"unknown command: {shlex.join([program, *words])}")


def check_module(module: str, options: list[str]) -> None:
    """Fail unless the module can be run and knows the options."""
    place = ROOT / module.replace(".", "/")
    sources = list(place.glob("*.py")) or [place.with_suffix(".py")]
    text = "".join(map(text_of, sources))
    assert "__main__" in text, module
    assert all(word in text for word in options if word.startswith("--")), (module, options)


def test_the_figure_of_the_rooms_matches_the_code():
    figure = re.search(r"```mermaid\n(.*?)```", text_of(ROOT / "docs/architecture.md"), re.DOTALL)
    assert figure
    boxes = re.findall(r'(\w+)\["\w+/<br/>([\w, ]+)"\]', figure[1])
    arrows = re.findall(r"^  (\w+)(?:\[.*?\])? --> (\w+)", figure[1], re.MULTILINE)

    for room, names in boxes:
        entries = [*(PACKAGE / room).glob("[a-z]*.py"), *(PACKAGE / room).glob("[a-z]*/")]
        assert set(names.split(", ")) == {path.stem for path in entries}, room
    drawn = {start: {end for s, end in arrows if s == start} for start, _ in arrows}
    for room, imported in rooms_imported().items():
        assert drawn.get(room, set()) <= imported, f"{room} does not import all it points to"
        assert imported <= reachable(room, drawn), f"{room} imports more than it points to"


def rooms_imported() -> dict[str, set[str]]:
    """Return, for each room, the other rooms that it imports."""
    found: dict[str, set[str]] = {}
    for module in modules():
        if not is_package(module):
            room = module.split(".")[1]
            targets = {target.split(".")[1] for target in imports(module) if "." in target}
            found.setdefault(room, set()).update(targets - {room})
    return found


def reachable(room: str, arrows: dict[str, set[str]]) -> set[str]:
    direct = arrows.get(room, set())
    return direct.union(*(reachable(other, arrows) for other in direct))
