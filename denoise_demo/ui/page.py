"""Communication with the page's script: shared values, requests for views, applying a view."""

import html
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal

import gradio as gr
from gradio.blocks import Block
from pydantic import BaseModel, ConfigDict, TypeAdapter

from denoise_demo.benchmark import live_metrics
from denoise_demo.common import JsonObject, from_json, parse
from denoise_demo.corruption import NOISES
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import get_denoiser, list_denoisers
from denoise_demo.lab import COLLECTIONS
from denoise_demo.ui.controls import (
    FIELDS,
    RANGES,
    first_settings,
    level_slider,
    level_span,
    offered_denoisers,
)
from denoise_demo.ui.glossary import GLOSSARY
from denoise_demo.ui.panels.curves.curves import line_choices
from denoise_demo.ui.panels.pictures.pictures import FORGOTTEN, message, show_picture
from denoise_demo.ui.tabs.figures.figures import set_figure
from denoise_demo.ui.view import CHOICES, PARAMETERS, View
from denoise_demo.ui.web.component import LAST, component, panel_modules
from denoise_demo.ui.web.errors import shown_errors

REQUEST = "the page's request"


class Asked(BaseModel):
    """A request of the page's script for a view: `action` says how to make it from `value`.

    `revision` numbers the requests, `shown` is the open view or tab, `any_network` says whether
    networks of other domains are offered, `yours` is a network that the visitor has trained.
    """

    model_config = ConfigDict(extra="forbid")

    revision: int
    action: Literal["link", "preset", "domain", "reset", "view"]
    value: str | JsonObject | None
    shown: str
    any_network: bool
    yours: str = ""


@dataclass(frozen=True)
class Page:
    """Components that a view sets, by name, and the usable denoisers.

    `views` and `tabs` hold the link parameters of each view of the laboratory and each other tab.
    """

    parts: Mapping[str, Block]
    usable: Collection[str]
    views: Mapping[str, Collection[str]]
    tabs: Mapping[str, Collection[str]]


def build_state(
    usable: Collection[str],
    views: Mapping[str, Collection[str]],
    tabs: Mapping[str, Collection[str]],
) -> gr.HTML:
    """Create the component that connects the script with Python; its props are what they share.

    Args:
        usable: ids of the usable denoisers.
        views: link parameters of each view of the laboratory.
        tabs: link parameters of each other tab.
    """
    return gr.HTML(
        "",
        **component(__file__, "web/page", "ask"),
        elem_id="state",
        fields={
            field: {"control": control, "attribute": attribute, "parameter": PARAMETERS[field]}
            | RANGES.get(field, {})
            for field, (control, attribute) in FIELDS.items()
        },
        start=View.start("digits", usable).to_message(),
        photo_noise=asdict(first_settings(usable, "digits", "photos")),
        kinds={kind: level_span(kind) for kind in NOISES},
        denoisers={
            key: {
                "title": spec.title,
                "lesson": spec.lesson,
                "facts": spec.facts,
                "clip": spec.clip,
                "domain": spec.domain,
            }
            for key, spec in list_denoisers().items()
        },
        offered={domain: _offered(usable, domain) for domain in DOMAINS},
        collections={
            key: {"noun": entry.noun, "domain": entry.domain, "builtIn": entry.built_in}
            for key, entry in COLLECTIONS.items()
        },
        metrics={
            key: {
                "label": spec.label,
                "title": spec.title,
                "unit": spec.unit,
                "decimals": spec.decimals,
                "higherIsBetter": spec.higher_is_better,
            }
            for key, spec in live_metrics().items()
        },
        glossary=GLOSSARY,
        views=views,
        tabs=tabs,
        choices=list(CHOICES),
        modules=panel_modules(),
    )


def connect(page: Page) -> None:
    """Answer the requests of the page's script."""
    state = page.parts["state"]
    asked = gr.Textbox(visible=False)
    # Read when Gradio sends it, so that only the last of several quick requests is sent.
    asking = "() => window.laboratory?.asked()"
    outputs = list(page.parts.values())
    state.ask(lambda text: answer(text, page), asked, outputs, js=asking, **LAST)


def answer(text: str, page: Page) -> dict[Block, object]:
    """Return the updates of all components for the requested view."""
    with shown_errors():
        asked = parse(Asked, from_json(text, REQUEST), REQUEST)
        view = make_view(asked, page)
    return apply(view.model_copy(update={"revision": asked.revision}), page, asked.yours)


def make_view(asked: Asked, page: Page) -> View:
    """Return the requested view; for an invalid link, the start with a warning."""
    value = asked.value
    match asked.action:
        case "preset":
            return View.from_preset(str(value), any_network=asked.any_network)
        case "domain":
            return View.start(
                str(value), page.usable, any_network=asked.any_network, show=asked.shown
            )
        case "view":
            return parse(View, value, "the view")
        case "link":
            try:
                query = parse(TypeAdapter(dict[str, str]), value, "the link")
                return View.from_query(query, page.usable, [*page.views, *page.tabs])
            except ValueError as error:
                reason = html.escape(str(error).rstrip("."))
                gr.Warning(
                    f"This link cannot be opened: {reason}. The page shows its start instead."
                )
                return View.start("digits", page.usable, fresh=True)
    return View.start("digits", page.usable, show=asked.shown, fresh=True)


def apply(view: View, page: Page, yours: str = "") -> dict[Block, object]:
    """Return the value of each component in this view; `yours` is offered among the denoisers."""
    settings, choices = view.settings, view.choices
    offered = offered_denoisers(page.usable, view.domain, any_network=view.any_network)
    with suppress(ValueError):  # it is no longer on the server
        offered = [(get_denoiser(yours).label, yours), *offered] if yours else offered
    lines = line_choices(page.usable, view.domain)
    updates: JsonObject = {
        "state": message(view=view.to_message()),
        "domain": view.domain,
        "kind": settings.kind,
        "level": level_slider(settings.kind, settings.level),
        "blur_sigma": settings.blur_sigma,
        "denoiser": gr.Dropdown(choices=offered, value=settings.denoiser),
        "seed": settings.seed,
        "any_network": view.any_network,
        "preset": None,
        **show_picture(view.domain, view.tab, view.source),
    }
    if view.show in page.views:
        updates |= {"tabs": gr.Tabs(selected="laboratory"), "views": gr.Tabs(selected=view.show)}
    else:
        updates["tabs"] = gr.Tabs(selected=view.show)
    if view.fresh:
        updates |= {"score": "psnr", "lines": gr.Dropdown(**lines), **FORGOTTEN}
    if "score" in choices:
        updates["score"] = choices["score"]
    if "lines" in choices:
        names = choices["lines"].split(",") if choices["lines"] else []
        updates["lines"] = gr.Dropdown(**lines | {"value": names})
    if "figure" in choices:
        updates |= set_figure(page.usable, choices["figure"])
    if "trained" in choices:
        updates["trained"] = choices["trained"]
    return {page.parts[name]: value for name, value in updates.items() if name in page.parts}


def _offered(usable: Collection[str], domain: str) -> JsonObject:
    """Return a domain's choices of denoisers: its own, those of all domains, and the default."""
    own = offered_denoisers(usable, domain, any_network=False)
    every = offered_denoisers(usable, domain, any_network=True)
    first = View.start(domain, usable).settings.denoiser
    return {"own": own, "every": every, "first": first}
