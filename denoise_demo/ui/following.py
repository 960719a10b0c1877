"""Following links: what the page shows for an address, and when the address says nonsense."""

import html
from collections.abc import Collection, Mapping
from typing import Any

import gradio as gr

from denoise_demo.data import faces_test, has_faces
from denoise_demo.ui.links import VIEWS, Link, parse_link
from denoise_demo.ui.panels.curves.curves import line_choices
from denoise_demo.ui.panels.pictures.pictures import PRIVATE
from denoise_demo.ui.tabs.figures.figures import CHOICES, set_figure
from denoise_demo.ui.tabs.laboratory.laboratory import RELEASE, Laboratory, arrange, begin


def connect_links(
    page: gr.Blocks,
    tabs: gr.Tabs,
    laboratory: Laboratory,
    figure: list[Any],
    trained: gr.Dropdown,
) -> None:
    """Let the page, when it loads, show what its address says.

    Args:
        page: the page.
        tabs: its tabs.
        laboratory: the first of them.
        figure: the five choices of the tab of figures.
        trained: the choice of the training tab.
    """

    def follow(request: gr.Request) -> Any:  # a partial would not be given the request
        return follow_link(laboratory.usable, dict(request.query_params))

    pictures, views = laboratory.pictures, laboratory.views
    faces = [pictures.face_index] if pictures.face_index else []
    outputs = [*laboratory.arranged, *laboratory.kinds, pictures.mnist_index]
    outputs += [views.score, views.lines, *figure, trained, views.tabs, tabs, *faces]
    page.load(follow, outputs=outputs, **PRIVATE).failure(**RELEASE)


def follow_link(usable: Collection[str], query: Mapping[str, str]) -> Any:
    """Show what the address says; for nonsense say so, and show what is always shown."""
    try:
        link = parse_link(query, usable)
        if link:
            _check_usable(link, usable)
    except ValueError as error:
        gr.Warning(html.escape(f"This link cannot be followed: {error}. This is the start."))
        return _start(usable)
    if link is None:
        return gr.skip()
    about = {"source": link.source, "tab": link.tab}
    inside = link.show in VIEWS
    lines = line_choices(usable, link.domain)
    return [
        *arrange(usable, link.domain, link.any_network, link.settings, about),
        link.domain,
        link.any_network,
        link.source["index"] if link.tab == "mnist" else gr.skip(),
        link.score,
        gr.skip() if link.lines is None else gr.Dropdown(**lines | {"value": link.lines}),
        *([gr.skip()] * len(CHOICES) if link.figure is None else set_figure(usable, link.figure)),
        link.trained or gr.skip(),
        gr.Tabs(selected=link.show) if inside else gr.skip(),
        gr.Tabs(selected="laboratory" if inside else link.show),
        *([_test_face(link)] if has_faces() else []),
    ]


def _check_usable(link: Link, usable: Collection[str]) -> None:
    """Raise unless everything that the link names can be used."""
    needed = [link.settings.denoiser, *(link.lines or [])]
    needed += [link.figure["recipe"]] if link.figure else []
    if missing := [key for key in needed if key not in usable]:
        raise ValueError(f"it needs {', '.join(missing)}, which cannot be used here")


def _start(usable: Collection[str]) -> list[Any]:
    """Set what a link sets as it is at the start; the views forget what the address says."""
    figure_trained_tabs = [gr.skip()] * (len(CHOICES) + 3)
    return [
        *begin(usable, "digits", False, fresh=True),
        "digits",
        False,
        gr.skip(),
        "psnr",
        gr.Dropdown(**line_choices(usable, "digits")),
        *figure_trained_tabs,
        *([gr.skip()] if has_faces() else []),
    ]


def _test_face(link: Link) -> Any:
    """Return the slider of the test faces as the link has it."""
    if link.tab != "face":
        return gr.skip()
    return gr.Slider(value=link.source["index"], maximum=len(faces_test()) - 1)
