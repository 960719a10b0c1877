"""Custom components: their scripts, served by the app, and options of Gradio's events."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}
LAST: dict[str, Any] = {"trigger_mode": "always_last", **PRIVATE}  # skips superseded events
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
    # Use the browser's origin: behind a proxy, Gradio may have a different one.
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
    return sorted(path for path in _SCRIPTS if path.startswith("panels/"))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


async def _serve(request: Request) -> Response:
    """Serve one of the page's scripts, and no other file."""
    path = _SCRIPTS.get(request.path_params["path"])
    if path is None:
        return Response(status_code=404)
    # The browser checks for a new version at every load.
    headers = {"Cache-Control": "no-cache"}
    response = FileResponse(
        path, headers=headers, media_type="text/javascript", stat_result=path.stat()
    )
    if request.headers.get("if-none-match") == response.headers["etag"]:
        return Response(status_code=304, headers=headers)
    return response


_SCRIPTS = {path.relative_to(_UI).as_posix(): path for path in _UI.rglob("*.js")}
# Mount with StaticFiles finds nothing behind a proxy that strips a path prefix.
MODULES = Route("/modules/{path:path}", _serve)
