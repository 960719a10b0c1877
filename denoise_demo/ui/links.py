"""Links: what an address says is to be shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from denoise_demo.benchmark import scores_of
from denoise_demo.common import brief, finite, lookup, noise_seed
from denoise_demo.corruption import NOISES
from denoise_demo.data import domain_of
from denoise_demo.denoisers import RECIPES, get_denoiser, list_denoisers
from denoise_demo.figures import MOST, registry
from denoise_demo.lab import (
    EDITED,
    NETWORKS,
    PLANE,
    Settings,
    clean_picture,
    count_pictures,
    figure_source,
    unit_spans,
)
from denoise_demo.ui.controls import STARTS, first_settings
from denoise_demo.ui.tabs.figures.figures import CHOICES

VIEWS = ("stage", "compare", "curves", "matrix", "codes")  # of the laboratory
SHOWN = (*VIEWS, "figures", "training", "explanation")
NAMES = {
    "show",
    "picture",
    "noise",
    "level",
    "blur",
    "seed",
    "denoiser",
    "score",
    "lines",
    "cells",
    "sort",
    "network",
    "code",
    "figure",
    "trained",
}
TABS = {"pixels": {"digits": "upload", "faces": "photo"}}  # others have a tab of their own name
SIDE = 28
CELLS = ("gain", "accuracy")
SORTED_BY = ("psnr", "ssim", "mae", "milliseconds")


@dataclass(frozen=True)
class Link:
    """What a link shows: a view, a picture with its tab, the settings, and what single views add.

    `lines` are the curves in colour, `figure` the choices of an article's figure by name, `trained`
    the network of the training tab; None as at the start.
    """

    show: str
    domain: str
    source: dict[str, Any]
    tab: str
    settings: Settings
    score: str
    lines: list[str] | None
    figure: dict[str, Any] | None
    trained: str | None

    @property
    def any_network(self) -> bool:
        """Whether its network learnt other pictures."""
        return get_denoiser(self.settings.denoiser).domain not in {"", self.domain}


def parse_link(query: Mapping[str, str], usable: Collection[str] | None = None) -> Link | None:
    """Read the parameters of an address; what is left out is as at the start.

    Args:
        usable: what can denoise here; everything unless told.
        query: the parameters by name: `show`, one of SHOWN; `picture`, as "example:14", "mnist:7",
            "portrait:0", "face:3" or "pixels:CHANNELS:BASE64"; `noise`, `level`, `blur`, `seed`,
            `denoiser`; `score`, a key of `scores_of`; `lines`, methods with commas; `cells`, one of
            CELLS; `sort`, one of SORTED_BY; `network`, of NETWORKS; `code`, its numbers with
            spaces; `figure`, as "FIGURE:DENOISER:SOURCE:FIRST:SEED"; `trained`, a recipe.

    Returns:
        The link; None when no parameter is ours.

    Raises:
        ValueError: for a value that makes no sense, or a picture that is not there.
    """
    if not NAMES & set(query):
        return None
    show = query.get("show", "stage")
    lookup(dict.fromkeys(SHOWN), show, "view")
    if "picture" in query:
        source = _source(query["picture"])
        domain = domain_of(clean_picture(source)[0])
        tab = TABS.get(source["kind"], {}).get(domain, source["kind"])
    else:
        domain, start = "digits", STARTS["digits"]
        source, tab = start.source, start.tab
    first = first_settings(list_denoisers() if usable is None else usable, domain)
    kind = query.get("noise", first.kind)
    level = first.level if kind == first.kind else lookup(NOISES, kind, "noise").default
    settings = Settings.parse(
        {
            "kind": kind,
            "level": _number(query, "level", level),
            "blur_sigma": _number(query, "blur", first.blur_sigma),
            "denoiser": query.get("denoiser", first.denoiser),
            "seed": _integer(query["seed"], "seed") if "seed" in query else first.seed,
        }
    )
    score = query.get("score", "psnr")
    lookup(scores_of(domain), score, f"score of {domain}")
    lookup(dict.fromkeys(CELLS), query.get("cells", CELLS[0]), "score of the matrix")
    lookup(dict.fromkeys(SORTED_BY), query.get("sort", SORTED_BY[0]), "order")
    _check_code(query.get("network", PLANE), query.get("code", ""))
    lines = _lines(query["lines"], domain) if "lines" in query else None
    figure = _figure(query["figure"]) if "figure" in query else None
    if "trained" in query:
        lookup(RECIPES, query["trained"], "recipe")
    return Link(show, domain, source, tab, settings, score, lines, figure, query.get("trained"))


def _check_code(network: str, code: str) -> None:
    """Raise unless the code, if there is one, is of the network."""
    lookup(NETWORKS, network, "network with a code")
    if not code:
        return
    lookup(dict.fromkeys(EDITED), network, "network whose code can be moved")
    numbers, size = [_parse_number(text, "code") for text in code.split(" ")], unit_spans(network)
    if len(numbers) != size.numel():
        raise ValueError(f"the code has {len(numbers)} numbers: {network} has {size.numel()}")


def _lines(text: str, domain: str) -> list[str]:
    """Read the curves in colour."""
    lines = text.split(",") if text else []
    for line in lines:
        lookup(list_denoisers(domain), line, f"denoiser of {domain}")
    if len(set(lines)) < len(lines) or len(lines) > MOST - 1:
        raise ValueError(f"lines has {len(lines)} denoisers: give at most {MOST - 1}, each once")
    return lines


def _figure(text: str) -> dict[str, Any]:
    """Read the choices of a figure."""
    parts = text.split(":")
    if len(parts) != 5:
        raise ValueError(f"figure is {brief(text)}: give FIGURE:DENOISER:SOURCE:FIRST:SEED")
    kind, recipe, source = parts[:3]
    domain = registry.get_figure(kind).domain
    lookup(list_denoisers(domain), recipe, f"denoiser of {domain}")
    first, seed = _integer(parts[3], "picture"), noise_seed(_integer(parts[4], "seed"))
    source = figure_source(domain, source)
    count = count_pictures(domain, source)
    if count == 1:
        first = 0  # there is no choice, and the page may still have that of another source
    if first >= count:
        raise ValueError(f"first picture {first} is not among those of {source}")
    return dict(zip(CHOICES, (kind, recipe, source, first, seed), strict=True))


def _source(text: str) -> dict[str, Any]:
    """Read a picture's name."""
    kind, _, rest = text.partition(":")
    if kind == "pixels":
        channels, _, pixels = rest.partition(":")
        size = {"height": SIDE, "width": SIDE, "channels": _integer(channels, "channels")}
        plain = pixels.replace("-", "+").replace("_", "/")  # as addresses like it
        return {"kind": "pixels", "pixels": plain + "=" * (-len(plain) % 4), **size}
    return {"kind": kind, "index": _integer(rest, "picture")}


def _number(query: Mapping[str, str], name: str, otherwise: float) -> float:
    return _parse_number(query[name], name) if name in query else otherwise


def _parse_number(text: str, name: str) -> float:
    try:
        return finite(float(text), name)
    except ValueError:
        raise ValueError(f"{name} is {brief(text)}: give a number") from None


def _integer(text: str, name: str) -> int:
    if not text.isdecimal() or len(text) > 10:
        raise ValueError(f"{name} is {brief(text)}: give a whole number")
    return int(text)
