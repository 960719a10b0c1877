"""What the page shows, as one value: the start, a preset, a link.

`page.apply` sets the controls to a view, and the page's script takes it over whole. The script
numbers its requests (`revision`), the answer carries the number, and the script drops a view that
is older than its last request.
"""

from collections.abc import Callable, Collection, Mapping

from pydantic import BaseModel, ConfigDict, Field

from denoise_demo.benchmark import live_metrics, scores_of
from denoise_demo.common import JsonObject, brief, lookup, noise_seed
from denoise_demo.corruption import NOISES
from denoise_demo.data import PHOTOGRAPHS, domain_of
from denoise_demo.denoisers import RECIPES, get_denoiser, list_denoisers
from denoise_demo.figures import MOST, get_figure
from denoise_demo.lab import (
    EDITED,
    NETWORKS,
    PLANE,
    PRESETS,
    Settings,
    clean_picture,
    count_pictures,
    figure_source,
    photo_denoisers,
    preset_picture,
    unit_spans,
)
from denoise_demo.ui.controls import STARTS, first_settings
from denoise_demo.ui.links import (
    read_integer,
    read_number,
    read_picture,
    write_picture,
    write_setting,
)

CELLS = ("gain", "accuracy")
EXPECTED = "shown"
PARAMETERS = {"kind": "noise", "level": "level", "blur_sigma": "blur", "seed": "seed"}
PARAMETERS |= {"denoiser": "denoiser"}  # the link parameter of each setting
PIXELS_TABS = {"digits": "upload", "faces": "photo"}  # other sources have a tab of the same name


class View(BaseModel):
    """What is shown.

    `show` is a view of the laboratory or another tab of the page, `source` the picture, None
    while the drawing pad is blank, `tab` its tab of the picture chooser, `choices` the link
    parameters of single views. `note` is a remark on this picture with these settings. `fresh`
    makes the page forget drawings, uploads and choices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    show: str = "stage"
    domain: str
    source: dict[str, str | int | bool] | None
    tab: str
    settings: Settings
    any_network: bool = False
    choices: dict[str, str] = Field(default_factory=dict)
    note: str = ""
    fresh: bool = False
    revision: int = 0

    @classmethod
    def start(
        cls,
        domain: str,
        usable: Collection[str],
        *,
        any_network: bool = False,
        show: str = "stage",
        fresh: bool = False,
    ) -> "View":
        """Return what a domain begins with."""
        source = lookup(STARTS, domain, "domain").source
        return cls(
            show=show,
            domain=domain,
            source=source,
            tab=_tab(source, domain),
            settings=first_settings(usable, domain, show),
            any_network=any_network,
            fresh=fresh,
        )

    @classmethod
    def from_preset(cls, key: str, *, any_network: bool = False) -> "View":
        """Return what a preset shows; a built-in digit replaces one that is not available."""
        preset = lookup(PRESETS, key, "preset")
        source, words = preset_picture(preset)
        return cls(
            domain=preset.domain,
            source=source,
            tab=_tab(source, preset.domain),
            settings=preset.settings,
            any_network=any_network or preset.foreign,
            choices={"expected": EXPECTED} if preset.expected else {},
            note=f"{preset.label}. {preset.note} {words}".strip(),
        )

    @classmethod
    def from_query(
        cls, query: Mapping[str, str], usable: Collection[str], shows: Collection[str]
    ) -> "View":
        """Return what a link shows; whatever it leaves out is as at the start.

        Args:
            query: parameters by name: `show`, one of `shows`; `picture`, as "mnist:7" or
                "pixels:CHANNELS:BASE64"; those of PARAMETERS; and those of CHOICES.
            usable: the denoisers that can be used.
            shows: the views and tabs that the page has.

        Raises:
            ValueError: for an invalid value, a missing picture or a denoiser that cannot be used.
        """
        show = query.get("show", "stage")
        lookup(dict.fromkeys(shows), show, "view")
        source = read_picture(query["picture"]) if "picture" in query else STARTS["digits"].source
        domain = domain_of(clean_picture(source)[0])
        settings = _settings(query, first_settings(usable, domain, show))
        choices = {name: query[name] for name in CHOICES if name in query}
        for name, text in choices.items():
            choices[name] = CHOICES[name](text, domain)
        _check_code(choices.get("network", PLANE), choices.get("code", ""))
        _check_usable(settings, choices, usable)
        return cls(
            show=show,
            domain=domain,
            source=source,
            tab=_tab(source, domain),
            settings=settings,
            any_network=get_denoiser(settings.denoiser).domain not in {"", domain},
            choices=choices,
        )

    def to_query(self) -> dict[str, str]:
        """Return the parameters of a link that shows the same, apart from the note."""
        settings = {
            parameter: write_setting(getattr(self.settings, field))
            for field, parameter in PARAMETERS.items()
        }
        picture = {"picture": write_picture(self.source)} if self.source else {}
        return {"show": self.show, **picture, **settings, **self.choices}

    def to_message(self) -> JsonObject:
        """Return the view as the page's script takes it."""
        return self.model_dump(mode="json")


def _tab(source: Mapping[str, str | int | bool], domain: str) -> str:
    """Return the tab that a picture is chosen in."""
    return PIXELS_TABS[domain] if source["kind"] == "pixels" else str(source["kind"])


def _settings(query: Mapping[str, str], first: Settings) -> Settings:
    """Read the settings; a noise without a level gets its default level."""
    kind = query.get("noise", first.kind)
    level = first.level if kind == first.kind else lookup(NOISES, kind, "noise").default
    values = {
        "kind": kind,
        "level": read_number(query["level"], "level") if "level" in query else level,
        "blur_sigma": read_number(query["blur"], "blur") if "blur" in query else first.blur_sigma,
        "denoiser": query.get("denoiser", first.denoiser),
        "seed": read_integer(query["seed"], "seed") if "seed" in query else first.seed,
    }
    return Settings.parse(values)


def _check_usable(settings: Settings, choices: Mapping[str, str], usable: Collection[str]) -> None:
    """Raise unless all denoisers of a link can be used."""
    needed = [settings.denoiser, *filter(None, choices.get("lines", "").split(","))]
    needed += [choices["figure"].split(":")[1]] if "figure" in choices else []
    if missing := [key for key in needed if key not in usable]:
        raise ValueError(f"it needs {', '.join(missing)}, which cannot be used here")


def _score(text: str, domain: str) -> str:
    lookup(scores_of(domain), text, f"score of {domain}")
    return text


def _cells(text: str, _: str) -> str:
    lookup(dict.fromkeys(CELLS), text, "score of the matrix")
    return text


def _expected(text: str, _: str) -> str:
    lookup({EXPECTED: None}, text, "expected error")
    return text


def _sort(text: str, _: str) -> str:
    lookup(dict.fromkeys((*live_metrics(), "milliseconds")), text, "order")
    return text


def _pinned(text: str, _: str) -> str:
    """Check the denoisers pinned in the comparison; those of another domain wait for it."""
    names = text.split(",")
    for name in names:
        lookup(list_denoisers(), name, "denoiser")
    if len(set(names)) < len(names):
        raise ValueError("pinned names a denoiser twice: give each once")
    return text


def _photo(text: str, _: str) -> str:
    """Check a built-in photo and the corner of the window on it."""
    name, left, top = [*text.split(":"), "", ""][:3]
    lookup(PHOTOGRAPHS, name, "photo")
    return f"{name}:{read_integer(left, 'left')}:{read_integer(top, 'top')}"


def _cleaner(text: str, _: str) -> str:
    lookup(photo_denoisers(), text, "denoiser of photos")
    return text


def _already(text: str, _: str) -> str:
    lookup({"noisy": None}, text, "state of a photo")
    return text


def _strength(text: str, _: str) -> str:
    if read_integer(text, "strength") > 100:
        raise ValueError(f"strength is {brief(text)}: give 0 to 100")
    return text


def _trained(text: str, _: str) -> str:
    lookup(RECIPES, text, "recipe")
    return text


def _lines(text: str, domain: str) -> str:
    """Check the denoisers whose curves are in colour."""
    names = text.split(",") if text else []
    for name in names:
        lookup(list_denoisers(domain), name, f"denoiser of {domain}")
    if len(set(names)) < len(names) or len(names) > MOST - 1:
        raise ValueError(f"lines has {len(names)} denoisers: give at most {MOST - 1}, each once")
    return text


def _check_code(network: str, code: str) -> None:
    """Raise unless the code, if there is one, belongs to the network."""
    lookup(NETWORKS, network, "network with a code")
    if not code:
        return
    lookup(dict.fromkeys(EDITED), network, "network whose code can be moved")
    numbers, size = [read_number(text, "code") for text in code.split(" ")], unit_spans(network)
    if len(numbers) != size.numel():
        raise ValueError(f"the code has {len(numbers)} numbers: {network} has {size.numel()}")


def _figure(text: str, _: str) -> str:
    """Check the choices of a figure; return them with the current name of the source."""
    parts = text.split(":")
    if len(parts) != 5:
        raise ValueError(f"figure is {brief(text)}: give FIGURE:DENOISER:SOURCE:FIRST:SEED")
    kind, denoiser, name = parts[:3]
    domain = get_figure(kind).domain
    lookup(list_denoisers(domain), denoiser, f"denoiser of {domain}")
    source = figure_source(domain, name)
    first, seed = read_integer(parts[3], "picture"), noise_seed(read_integer(parts[4], "seed"))
    count = count_pictures(domain, source)
    if count == 1:
        first = 0  # the page may still send the number chosen for another source
    if first >= count:
        raise ValueError(f"first picture {first} is not among those of {source}")
    return f"{kind}:{denoiser}:{source}:{first}:{seed}"


# Link parameters of single views, each with its check, which returns the text to keep. A code is
# checked together with its network.
CHOICES: dict[str, Callable[[str, str], str]] = {
    "expected": _expected,
    "score": _score,
    "lines": _lines,
    "cells": _cells,
    "sort": _sort,
    "pinned": _pinned,
    "network": lambda text, _: text,
    "code": lambda text, _: text,
    "photo": _photo,
    "cleaner": _cleaner,
    "already": _already,
    "strength": _strength,
    "figure": _figure,
    "trained": _trained,
}
