"""How the page's own parts are served, and how they ask the server."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from denoise_demo.denoisers import device_trouble
from denoise_demo.lab import Settings

PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}
LAST: dict[str, Any] = {"trigger_mode": "always_last", **PRIVATE}  # of a flood of events
_UI = Path(__file__).parents[1]
_at_once = threading.BoundedSemaphore(os.cpu_count() or 1)  # so that many users do not thrash


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Request(Settings):
    """What a panel asks for: settings and `source`, as `clean_picture` reads it."""

    source: Any


def answered(work: Callable[[Any], dict[str, Any]], request: Any) -> dict[str, Any]:
    """Do the work when it is its turn; a ValueError becomes `error`, a sentence.

    The answer gets `milliseconds`, the time spent.
    """
    started = time.perf_counter()
    try:
        with _at_once:
            answer = work(request)
    except ValueError as error:
        answer = {"error": str(error)}
    except RuntimeError as error:
        if (trouble := device_trouble(error)) is None:
            raise
        answer = {"error": trouble[0].upper() + trouble[1:]}
    return answer | {"milliseconds": 1000 * (time.perf_counter() - started)}


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
