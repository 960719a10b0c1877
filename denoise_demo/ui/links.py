"""Links: what an address says is to be shown, and what is shown when it says nonsense."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from denoise_demo.bottleneck import NETWORKS, PLANE
from denoise_demo.checks import brief, lookup
from denoise_demo.curves import METRICS
from denoise_demo.domains import domain_of
from denoise_demo.experiment import Settings
from denoise_demo.methods import get_method
from denoise_demo.noise import NOISES
from denoise_demo.sources import clean_picture
from denoise_demo.ui.controls import STARTS

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
    "sort",
    "network",
}
TABS = {"pixels": {"digits": "upload", "faces": "photo"}}  # others have a tab of their own name
SIDE = 28
SORTED_BY = ("psnr", "ssim", "mae", "milliseconds")


@dataclass(frozen=True)
class Link:
    """What a link shows: a view, a picture with its tab, the settings, and the curves' score."""

    show: str
    domain: str
    source: dict[str, Any]
    tab: str
    settings: Settings
    score: str

    @property
    def any_network(self) -> bool:
        """Whether its network learnt other pictures."""
        return get_method(self.settings.recipe).domain not in {"", self.domain}


def parse_link(query: Mapping[str, str]) -> Link | None:
    """Read the parameters of an address; what is left out is as at the start.

    Args:
        query: the parameters by name: `show`, one of SHOWN; `picture`, as "example:14", "mnist:7",
            "portrait:0", "face:3" or "pixels:CHANNELS:BASE64"; `noise`, `level`, `blur`, `seed`,
            `denoiser`; `score`, a key of METRICS; `sort`, one of SORTED_BY; `network`, of NETWORKS.

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
    first = STARTS[domain].settings
    kind = query.get("noise", first.kind)
    level = first.level if kind == first.kind else lookup(NOISES, kind, "noise").default
    settings = Settings(
        kind=kind,
        level=_number(query, "level", level),
        blur_sigma=_number(query, "blur", first.blur_sigma),
        recipe=query.get("denoiser", first.recipe),
        seed=_integer(query["seed"], "seed") if "seed" in query else first.seed,
    )
    score = query.get("score", "psnr")
    lookup(METRICS, score, "score")
    if score == "accuracy" and domain == "faces":
        raise ValueError("faces are not classified: choose another score than accuracy")
    if query.get("sort"):
        lookup(dict.fromkeys(SORTED_BY), query["sort"], "order")
    lookup(NETWORKS, query.get("network", PLANE), "network with a code")
    return Link(show, domain, source, tab, settings, score)


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
    if name not in query:
        return otherwise
    try:
        return float(query[name])
    except ValueError:
        raise ValueError(f"{name} is {brief(query[name])}: give a number") from None


def _integer(text: str, name: str) -> int:
    if not text.isdecimal() or len(text) > 10:
        raise ValueError(f"{name} is {brief(text)}: give a whole number")
    return int(text)
