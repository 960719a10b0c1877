"""The structure of the code: rooms, sizes, import chains; with -s pytest prints the longest chain.

The direction of imports between rooms is checked by import-linter (`lint-imports`).
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "denoise_demo"
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
SOURCES = sorted(
    path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".js", ".css", ".html"}
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_package_has_at_most_twelve_rooms():
    entries = [path for path in PACKAGE.glob("*/") if path.name != "__pycache__"]
    modules = [path for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]

    assert len(entries) + len(modules) <= 12


def test_the_tests_mirror_the_rooms():
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}

    assert folders <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_describes_its_contents(room):
    docstring = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8")))

    assert docstring
    assert re.search(r"\w{2,}.*\.", docstring)


def test_no_file_is_too_long():
    limits = dict.fromkeys(SOURCES, 300) | {ROOT / "app.py": 200, ROOT / "train.py": 200}
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in limits}

    too_long = {relative(path): n for path, n in lengths.items() if n > limits[path]}
    assert not too_long


def test_almost_all_code_is_typed():
    files = [*PACKAGE.rglob("*.py"), ROOT / "app.py", ROOT / "train.py"]
    uses = {relative(path): len(re.findall(r"\bAny\b", path.read_text("utf-8"))) for path in files}

    assert sum(uses.values()) < 60, {name: n for name, n in uses.items() if n}


def test_the_longest_import_chain_has_at_most_ten_modules():
    chain = longest_chain()

    print(f"\nlongest import chain ({len(chain)} modules):", *chain, sep="\n  ")
    assert len(chain) <= 10, " -> ".join(chain)


def longest_chain() -> list[str]:
    """Return the longest chain of imports, from the importing module to the imported."""

    @cache
    def below(module: str) -> tuple[str, ...]:
        if module in path:
            raise AssertionError(f"import cycle: {' -> '.join([*path, module])}")
        path.append(module)
        chains = [below(imported) for imported in sorted(imports(module))]
        path.pop()
        return (module, *max(chains, key=len, default=()))

    path: list[str] = []
    return list(max(map(below, modules()), key=len))


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the package by its dotted name, parsed."""
    parsed = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        parsed[name] = ast.parse(path.read_text("utf-8"))
    return parsed


def is_package(module: str) -> bool:
    return (ROOT / module.replace(".", "/") / "__init__.py").exists()


@cache
def imports(module: str) -> set[str]:
    """Return the modules that define what a module imports; TYPE_CHECKING imports do not count.

    A package's `__init__` imports nothing itself: it re-exports, and is looked through.
    """
    if is_package(module):
        return set()
    return {
        target
        for node in runtime_nodes(modules()[module])
        for target in targets(node)
        if target != module
    }


def runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except those under TYPE_CHECKING."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield from runtime_nodes(child)


def targets(node: ast.AST) -> Iterator[str]:
    """Yield the modules of this package that an import statement reaches."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in modules())
    elif isinstance(node, ast.ImportFrom) and node.module in modules():
        yield from (definer(node.module, alias.name) for alias in node.names)


def definer(module: str, name: str) -> str:
    """Return the module that defines a name, looking through re-exports of packages."""
    if f"{module}.{name}" in modules():
        return f"{module}.{name}"
    if is_package(module):
        for node in modules()[module].body:
            if isinstance(node, ast.ImportFrom) and node.module in modules():
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        return definer(node.module, alias.name)
    return module
