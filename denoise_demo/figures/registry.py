"""The articles' figures, drawn again for any recipe and any pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from denoise_demo.benchmark import MISTAKES
from denoise_demo.common import lookup, noise_seed
from denoise_demo.corruption import POINTS
from denoise_demo.denoisers import article_name, get_denoiser
from denoise_demo.figures import blind, digits, faces
from denoise_demo.figures.canvas import picture_grid
from denoise_demo.figures.charts import bar_grid, curve_grid
from denoise_demo.figures.contents import Bars, Curves, Panels, Subject
from denoise_demo.lab import STEPS, choose_pictures, dream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DREAMS = 100  # on a sheet


@dataclass(frozen=True)
class FigureSpec:
    """One figure of an article.

    `denoiser` is the article's network; `any_denoiser` says whether another of the domain may
    replace it. `pictures` is the number of pictures drawn, 0 for results of the benchmark;
    `first` is the number of the article's first picture. `details` is Markdown shown under the
    explanation. `is_dreamt` says whether the pictures come from noise, so that there is a seed but
    no source; that takes long enough for a GPU to be worth lending.
    """

    label: str
    article: str
    explanation: str
    build: Callable[[Subject], Panels | Bars | Curves]
    denoiser: str
    any_denoiser: bool
    pictures: int
    first: int = 0
    domain: str = "digits"
    details: str = ""
    is_dreamt: bool = False

    @property
    def has_seed(self) -> bool:
        """Whether the seed changes the figure."""
        return self.is_dreamt or bool(self.pictures)

    @property
    def title(self) -> str:
        """The article and the label."""
        return f"{article_name(self.article).capitalize()} · {self.label}"


def draw(
    kind: str, *, denoiser: str, source: str, first: int = 0, seed: int = 0, picture: str = ""
) -> "Figure":
    """Draw one figure.

    Args:
        kind: a key of FIGURES.
        denoiser: a network's or a filter's id; ignored by a figure whose networks are fixed.
        source: a key of COLLECTIONS for the figure's domain.
        first: the number of the first picture; numbers wrap around at the end.
        seed: noise seed.
        picture: the laboratory's picture, for that source; see `sources.laboratory_picture`.

    Raises:
        ValueError: for anything unknown or malformed; DataError, CheckpointError and ResultsError
            for missing data, weights or results.
    """
    spec = get_figure(kind)
    noise_seed(seed)
    denoiser = _allowed_denoiser(denoiser, spec)
    if spec.is_dreamt:
        chosen = _dreamt(seed)
    else:
        chosen = choose_pictures(spec.domain, source, first, spec.pictures, picture)
    subject = Subject(*chosen, denoiser, seed)
    content = spec.build(subject)
    named = get_denoiser(denoiser).title if spec.any_denoiser else ""
    title = f"{spec.title} · {named}" if named else spec.title
    if isinstance(content, Bars):
        return bar_grid(title, content.columns, content.rows, content.caption)
    if isinstance(content, Curves):
        return curve_grid(title, content.plots, content.caption)
    caption = _caption(subject, content)
    if spec.pictures:
        caption += f" {spec.domain.capitalize()}: {subject.source}."
    return picture_grid(title, content.columns, content.rows, caption)


def get_figure(kind: object) -> FigureSpec:
    """Return a figure by key; ValueError lists the known ones."""
    return lookup(FIGURES, kind, "figure")


def file_name(kind: str, denoiser: str) -> str:
    """Return the name of the figure's PNG file."""
    return f"{kind}-{denoiser}.png" if get_figure(kind).any_denoiser else f"{kind}.png"


def _dreamt(seed: int) -> tuple[Tensor, list[int | None], str]:
    """Dream digits; return them as `choose_pictures` does, with how they were made."""
    *_, last = dream(seed, count=DREAMS, steps=STEPS)
    return last.denoised, [None] * DREAMS, f"pure noise, denoised in {STEPS} steps"


def _allowed_denoiser(denoiser: str, spec: FigureSpec) -> str:
    """Return the requested denoiser, or the figure's own where its networks are fixed."""
    if not spec.any_denoiser:
        return spec.denoiser
    requested = get_denoiser(denoiser)
    if requested.domain not in ("", spec.domain):
        raise ValueError(
            f"{denoiser} denoises {requested.domain}, and this figure shows {spec.domain}: choose "
            f"another denoiser"
        )
    return requested.id


def _caption(subject: Subject, content: Panels) -> str:
    """Return the denoiser, the corruption and the seed in words."""
    corruption = content.corruption
    parts = [f"Denoiser: {content.network}."] if content.network else []
    if isinstance(corruption, str):
        parts += [f"Corruption: {corruption}.", f"Noise seed {subject.seed}."]
    elif corruption == POINTS["clean"]:
        parts += ["No noise."]
    else:
        parts += [f"Corruption: {corruption.describe()}.", f"Noise seed {subject.seed}."]
        parts += [] if corruption.clip else ["Shown limited to 0 to 1."]
    return " ".join(parts)


FIGURES: dict[str, FigureSpec] = {
    "s0-blur-then-noise": FigureSpec(
        label="Blur, then noise",
        article="S0",
        explanation="One digit: clean, blurred, then with uniform noise of up to ±1 added. The "
        "noise is as strong as the ink, yet you can still recognise the digit.",
        build=digits.blur_then_noise,
        denoiser="conv-pool",
        any_denoiser=False,
        pictures=1,
        first=1,
    ),
    "s0-noise-generator": FigureSpec(
        label="Noise generator",
        article="S0",
        explanation="Four pairs of pictures for training: the noisy input above, the clean target "
        "below. Article 1 draws a new blur and noise level for every digit.",
        build=digits.noise_generator,
        denoiser="conv-pool",
        any_denoiser=True,
        pictures=4,
    ),
    "s0-rising-noise": FigureSpec(
        label="Rising noise",
        article="S0",
        explanation="Follow one digit to the right as blur and noise increase. In column i the "
        "article calls the noise r = 0.2 i but adds twice that, ±0.4 i, so the noise in the last "
        "two columns is stronger than any its network was trained on.",
        build=digits.rising_noise,
        denoiser="conv-pool",
        any_denoiser=True,
        pictures=1,
        first=3,
    ),
    "s0-one-level": FigureSpec(
        label="Six digits at one level",
        article="S0",
        explanation="Six digits under the same blur and noise: compare what the classifier reads "
        "(✓ right, ✗ wrong) in the noisy row and in the denoised one.",
        build=digits.one_level,
        denoiser="conv-pool",
        any_denoiser=True,
        pictures=6,
    ),
    "s1-denoise-and-classify": FigureSpec(
        label="Denoise and classify",
        article="S1",
        explanation="How many digits does the classifier read correctly (✓) when they are clean, "
        "noisy and denoised?",
        build=digits.denoise_and_classify,
        denoiser="dense-64",
        any_denoiser=True,
        pictures=10,
    ),
    "s2-code-sizes": FigureSpec(
        label="Sizes of the code",
        article="S2",
        explanation="Five digits compressed to codes of 1, 2, 8 and 32 numbers and reconstructed "
        "from them: the larger the code, the more of the handwriting is kept.",
        build=digits.code_sizes,
        denoiser="dense-32",
        any_denoiser=False,
        pictures=5,
    ),
    "s2-gaussian-denoising": FigureSpec(
        label="Gaussian noise",
        article="S2",
        explanation="Ten digits under strong Gaussian noise. Compare dense-16, which reconstructs "
        "a digit from a code of 16 numbers, with conv-flat, which computes each pixel from its "
        "neighbourhood.",
        build=digits.gaussian_denoising,
        denoiser="dense-16",
        any_denoiser=True,
        pictures=10,
    ),
    "s3-side-by-side": FigureSpec(
        label="Side by side",
        article="S3",
        explanation="One digit: original, noisy and denoised. The number below is the PSNR (peak "
        "signal-to-noise ratio): the higher it is, the closer the picture is to the original.",
        build=digits.side_by_side,
        denoiser="dense-300-fixed",
        any_denoiser=True,
        pictures=1,
    ),
    "s4-four-noises": FigureSpec(
        label="Four noises",
        article="S4",
        explanation="One face under four kinds of noise. For Gaussian and salt & pepper noise, the "
        "strength given in the article's text is far from the one its notebook uses.",
        build=faces.four_noises,
        denoiser="strided-conv-gaussian",
        any_denoiser=False,
        pictures=1,
        domain="faces",
    ),
    "s4-results-grid": FigureSpec(
        label="Every denoiser",
        article="S4",
        explanation="The star marks the best result of each row. Under the light Poisson and salt "
        "& pepper noise, the autoencoder's code of 100 numbers loses more detail than the noise "
        "destroys: the noisy face is better than the denoised one.",
        build=faces.results_grid,
        denoiser="strided-conv-gaussian",
        any_denoiser=False,
        pictures=1,
        domain="faces",
    ),
    "s4-error-bars": FigureSpec(
        label="Errors, computed three ways",
        article="S4",
        explanation="Shorter bars are better. According to the article, its autoencoder is no "
        "better than a filter, and pix2pix is up to twelve times as good. Both results come from "
        "mistakes in its notebook, which the middle column repeats.",
        build=faces.error_bars,
        denoiser="strided-conv-gaussian",
        any_denoiser=False,
        pictures=0,
        domain="faces",
        details="\n".join(
            f"{number}. **{title}:** {line}"
            for number, (title, line) in enumerate(MISTAKES.items(), 1)
        ),
    ),
    "blind-reliability": FigureSpec(
        label="Expected and actual error",
        article="Blind",
        explanation="The blind networks predict their own error for every value. On the diagonal "
        "the actual error equals the expected one; below the diagonal it is smaller, above it "
        "larger.",
        build=blind.reliability,
        denoiser="blind-digits",
        any_denoiser=False,
        pictures=0,
    ),
    "blind-dreams": FigureSpec(
        label="A hundred dreams",
        article="Blind",
        explanation="A hundred digits that nobody wrote: each began as pure noise, which the "
        "network denoised sixty times while less and less noise was added back. Most look like a "
        "digit, because the network knows nothing else; some are between two.",
        build=blind.sheet,
        denoiser="blind-digits",
        any_denoiser=False,
        pictures=0,
        is_dreamt=True,
    ),
}
