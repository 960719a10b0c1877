"""Gradio without the type stubs that it writes for editors, half of the time of its import."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

MODULE, WRITER = "gradio.component_meta", "create_or_modify_pyi"


def skip_stubs() -> None:
    """Let Gradio be imported without parsing each component's source to write its .pyi file.

    Call this before Gradio is imported.
    """
    sys.meta_path.insert(0, _Finder)


class _Finder:
    """Finds the module that writes them."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == MODULE else None
        if spec and spec.origin:
            spec.loader = _Loader(name, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    """Replaces their writer by one that does nothing."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        setattr(module, WRITER, lambda *_: None)
