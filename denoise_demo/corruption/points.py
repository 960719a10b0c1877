"""The evaluation points: what every network and filter is measured under."""

from denoise_demo.corruption.blind_mixtures import BEYOND, EVERYTHING
from denoise_demo.corruption.mixture import Corruption, Mixture

POINTS: dict[str, Corruption] = {
    "clean": Corruption("none"),
    "s0-train": Corruption("uniform", level=(0.01, 1.5), blur_sigma=(0.0, 2.0), clip=False),
    **{
        f"s0-level-{i}": Corruption("uniform", round(0.4 * i, 1), 0.5 * i, clip=False)
        for i in range(6)
    },
    "s0-digits": Corruption("uniform", level=0.8, blur_sigma=1.0, clip=False),
    "s1": Corruption("one-sided-uniform", level=0.9),
    "s2": Corruption("gaussian", level=0.5),
    "s3-random": Corruption("gaussian", level=(0.0, 1.0)),
    "s4-gaussian": Corruption("gaussian", level=0.1**0.5),
    "s4-gaussian-notebook": Corruption("gaussian", level=0.1),
    "s4-poisson": Corruption("poisson", level=256),
    "s4-salt-pepper": Corruption("salt-pepper", level=0.004),
    "s4-salt-pepper-notebook": Corruption("salt-pepper", level=0.03),
    "s4-speckle": Corruption("speckle", level=1.0),
}
MIXED_POINTS: dict[str, Mixture] = {"blind": EVERYTHING, "blind-beyond": BEYOND}


def points(domain: str) -> dict[str, Corruption | Mixture]:
    """Return the evaluation points of a domain: all for digits, S4's and the mixed for faces."""
    articles = {
        key: corruption
        for key, corruption in POINTS.items()
        if domain == "digits" or key == "clean" or key.startswith("s4-")
    }
    return articles | MIXED_POINTS
