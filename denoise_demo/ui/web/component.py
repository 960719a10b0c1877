"""The page's own components: how their files are served, and how Gradio's events are set."""

from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}
LAST: dict[str, Any] = {"trigger_mode": "always_last", **PRIVATE}  # of a flood of events
_UI = Path(__file__).parents[1]


def component(module: str, name: str, *events: str) -> dict[str, Any]:
    """Return the arguments of a gr.HTML made of NAME.js and, if there, NAME.html and NAME.css.

    Args:
        module: `__file__` of the Python module beside them.
        name: the files' name without its ending; the script exports `mount`, which is called
            each time that Gradio renders the component.
        events: what the script triggers; Gradio looks for their names in quotes.
    """
    path = Path(module).parent / name
    address = path.with_suffix(".js").relative_to(_UI).as_posix()
    names = ", ".join(f'"{event}"' for event in events)
    # The origin is the browser's own: behind a proxy Gradio may know another one.
    script = f"""const root = new URL(window.gradio_config.root).pathname.replace(/\\/$/, "");
import(`${{location.origin}}${{root}}/modules/{address}`)
  .then(({{ mount }}) => mount({{ element, props, server, trigger, watch, events: [{names}] }}));"""
    return {
        "html_template": _read(path.with_suffix(".html")),
        "css_template": _read(path.with_suffix(".css")),
        "js_on_load": script,
        "apply_default_css": False,
    }


def panel_modules() -> list[str]:
    """Return the paths of the panels' scripts, to load them before Gradio renders the panels."""
    return sorted(path.relative_to(_UI).as_posix() for path in _UI.glob("panels/*/*.js"))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


class _Modules(StaticFiles):
    """The page's JavaScript; every other file is hidden."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not path.endswith(".js"):
            return Response(status_code=404)
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"  # a new version is seen at once
        return response


MODULES = Mount("/modules", _Modules(directory=_UI))
