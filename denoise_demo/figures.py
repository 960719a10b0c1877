"""The articles' figures, drawn again for any recipe and any digits."""

from collections.abc import Callable
from dataclasses import dataclass

from denoise_demo import panels
from denoise_demo.checks import integer, lookup
from denoise_demo.experiment import SEED_MAXIMUM
from denoise_demo.methods import get_method
from denoise_demo.panels import Panels, Subject
from denoise_demo.plots import Figure, picture_grid
from denoise_demo.sources import choose_digits


@dataclass(frozen=True)
class FigureSpec:
    """One figure of an article.

    `recipe` is the article's own network, `any_recipe` says whether another may take its place;
    `digits` is how many the figure shows, and `first` the number of the article's first one.
    """

    label: str
    article: str
    explanation: str
    build: Callable[[Subject], Panels]
    recipe: str
    any_recipe: bool
    digits: int
    first: int = 0

    @property
    def title(self) -> str:
        """The article and the label."""
        return f"{self.article} · {self.label}"


def draw(
    kind: str, *, recipe: str, source: str, first: int = 0, seed: int = 0, picture: str = ""
) -> Figure:
    """Draw one figure.

    Args:
        kind: a key of FIGURES.
        recipe: a network's or a filter's id; ignored by a figure whose networks are fixed.
        source: a key of SOURCES.
        first: the number of the first digit; after the last digit comes the first again.
        seed: of the noise.
        picture: the laboratory's picture, for that source; see `sources.laboratory_picture`.

    Raises:
        ValueError: for anything unknown or malformed; DataError and CheckpointError for data or
            weights that are not there.
    """
    spec = get_figure(kind)
    if not 0 <= integer(seed, "seed") <= SEED_MAXIMUM:
        raise ValueError(f"the seed is outside its span: choose 0 to {SEED_MAXIMUM}")
    recipe = get_method(recipe if spec.any_recipe else spec.recipe).id
    clean, labels, words = choose_digits(source, first, spec.digits, picture)
    subject = Subject(clean, labels, words, recipe, seed)
    content = spec.build(subject)
    title = f"{spec.title} · {recipe}" if spec.any_recipe else spec.title
    return picture_grid(title, content.columns, content.rows, _caption(subject, content))


def get_figure(kind: object) -> FigureSpec:
    """Return the figure; ValueError naming the known ones when there is none."""
    return lookup(FIGURES, kind, "figure")


def file_name(kind: str, recipe: str) -> str:
    """Return the name of the figure's PNG file."""
    return f"{kind}-{recipe}.png" if get_figure(kind).any_recipe else f"{kind}.png"


def _caption(subject: Subject, content: Panels) -> str:
    """Say what the figure was made with."""
    corruption = content.corruption
    parts = [f"Denoiser: {content.network}."] if content.network else []
    if corruption.kind == "none":
        parts += ["No noise."]
    else:
        parts += [f"Corruption: {corruption.describe()}.", f"Noise seed {subject.seed}."]
    if not corruption.clip:
        parts += ["Shown limited to 0 to 1."]
    return " ".join([*parts, f"Digits: {subject.source}."])


FIGURES: dict[str, FigureSpec] = {
    "s0-blur-then-noise": FigureSpec(
        label="Blur, then noise",
        article="S0",
        explanation="One digit, blurred, then with uniform noise of ±1 on top: as strong as the "
        "ink itself, and your eye still finds the digit.",
        build=panels.blur_then_noise,
        recipe="conv-pool",
        any_recipe=False,
        digits=1,
        first=1,
    ),
    "s0-noise-generator": FigureSpec(
        label="Noise generator",
        article="S0",
        explanation="Four pairs as the network meets them in training, what goes in above and "
        "what is asked for below: S0 draws another amount of blur and noise for every digit.",
        build=panels.noise_generator,
        recipe="conv-pool",
        any_recipe=True,
        digits=4,
    ),
    "s0-rising-noise": FigureSpec(
        label="Rising noise",
        article="S0",
        explanation="Follow one digit to the right as blur and noise grow: the article calls the "
        "noise r = 0.2 i but adds twice that, ±0.4 i, so its last two columns are beyond anything "
        "its network was trained on.",
        build=panels.rising_noise,
        recipe="conv-pool",
        any_recipe=True,
        digits=1,
        first=3,
    ),
    "s0-one-level": FigureSpec(
        label="Six digits at one level",
        article="S0",
        explanation="Six digits under the same blur and noise: compare what the classifier reads "
        "(✓ right, ✗ wrong) in the noisy row and in the denoised one.",
        build=panels.one_level,
        recipe="conv-pool",
        any_recipe=True,
        digits=6,
    ),
    "s1-denoise-and-classify": FigureSpec(
        label="Denoise and classify",
        article="S1",
        explanation="Count the check marks and the crosses: how many digits does the classifier "
        "read before the noise, under it, and after the autoencoder has cleaned them?",
        build=panels.denoise_and_classify,
        recipe="dense-64",
        any_recipe=True,
        digits=10,
    ),
    "s2-code-sizes": FigureSpec(
        label="Sizes of the code",
        article="S2",
        explanation="Five digits squeezed through 1, 2, 8 and 32 numbers and drawn again from "
        "those: watch the handwriting come back row by row.",
        build=panels.code_sizes,
        recipe="dense-32",
        any_recipe=False,
        digits=5,
    ),
    "s2-gaussian-denoising": FigureSpec(
        label="Gaussian noise",
        article="S2",
        explanation="Ten digits under strong Gaussian noise: compare the narrow dense-16, which "
        "redraws a digit from 16 numbers, with conv-flat, which only smooths neighbourhoods.",
        build=panels.gaussian_denoising,
        recipe="dense-16",
        any_recipe=True,
        digits=10,
    ),
    "s3-side-by-side": FigureSpec(
        label="Side by side",
        article="S3",
        explanation="One digit before the noise, under it, and after the network; below stands "
        "the PSNR, and a higher one is closer to the original.",
        build=panels.side_by_side,
        recipe="dense-300-fixed",
        any_recipe=True,
        digits=1,
    ),
}
