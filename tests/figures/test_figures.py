"""The articles' figures, drawn with untrained networks."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from denoise_demo.benchmark import ArticleRow, PointRow, Results, load_results, results
from denoise_demo.benchmark.article import KINDS, PLACES
from denoise_demo.benchmark.rows import CalibrationRow
from denoise_demo.corruption.points import POINTS
from denoise_demo.data import load_examples
from denoise_demo.data.domains import DOMAINS
from denoise_demo.denoisers import RECIPES, checkpoints, denoising_recipes, get_denoiser
from denoise_demo.figures.canvas import Row, darken
from denoise_demo.figures.contents import Panels, Subject
from denoise_demo.figures.faces import DENOISERS, denoiser_id
from denoise_demo.figures.registry import FIGURES, draw, file_name
from denoise_demo.lab.experiment import Settings, run
from denoise_demo.lab.sources import (
    collections_of,
    pixels_source,
)

PICTURES = {
    "s0-blur-then-noise": 3,
    "s0-noise-generator": 8,
    "s0-rising-noise": 18,
    "s0-one-level": 18,
    "s1-denoise-and-classify": 30,
    "s2-code-sizes": 25,
    "s2-gaussian-denoising": 30,
    "s3-side-by-side": 3,
    "s4-four-noises": 7,
    "s4-results-grid": 32,
    "s4-error-bars": 18,
    "blind-reliability": 2,
    "blind-dreams": 4,
}
CALIBRATION = [
    CalibrationRow(
        domain=domain,
        denoiser=f"blind-{domain}",
        point=point,
        expected=[0.01, 0.1, 0.4],
        actual=[0.01, 0.2, 0.3],
    )
    for domain in ("digits", "faces")
    for point in ("blind", "s4-poisson")
]
SOME_RECIPES = ("conv-pool", "dense-300-published")
SOME_FILTERS = ("wiener",)
ANY_RECIPE = [key for key, spec in FIGURES.items() if spec.any_denoiser]
PICTURED = [key for key, spec in FIGURES.items() if spec.pictures]
NOISY = [key for key in PICTURED if key != "s2-code-sizes"]
OTHER = {"digits": "faces", "faces": "digits"}

pytestmark = pytest.mark.usefixtures("no_mnist")


@pytest.fixture(scope="module", autouse=True)
def untrained_networks(untrained_files: Path) -> Iterator[None]:
    """Load untrained networks, once for all these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DENOISE_WEIGHTS_DIR", str(untrained_files))
        yield


@pytest.fixture(scope="module", autouse=True)
def short_dreams() -> Iterator[None]:
    """Dream four digits in a few steps instead of a hundred in sixty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("denoise_demo.figures.registry.DREAMS", 4)
        patch.setattr("denoise_demo.figures.registry.STEPS", 3)
        yield


@pytest.fixture(scope="module", autouse=True)
def measured_faces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """Give the figures results of faces: all errors differ, pix2pix's is the smallest."""
    measured = load_results()
    errors = {"mae": 0.08, "mae_low": 0.075, "mae_high": 0.085}
    measured.rows = [
        PointRow(
            domain="faces",
            denoiser=denoiser_id(name, noise.kind),
            point=point,
            n=9,
            **{key: value - 0.01 * i for key, value in errors.items()},
        )
        for point, noise in PLACES.items()
        for i, name in enumerate(DENOISERS)
    ]
    measured.article = [
        ArticleRow(domain="faces", point=point, denoiser="mean-3", mae=0.4) for point in PLACES
    ]
    measured.calibration, measured.sweep = CALIBRATION, []
    path = tmp_path_factory.mktemp("results") / "results.json"
    results.save_results(measured.model_copy(update={"weights": {}}), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "RESULTS_FILE", path)
        yield measured


@cache
def built_in(kind: str, recipe: str | None = None, **choices: Any) -> Figure:
    """Draw a figure of the built-in pictures, once for all tests that do not change it."""
    source = first_source(FIGURES[kind].domain)
    return draw(kind, denoiser=recipe or FIGURES[kind].denoiser, source=source, **choices)


def first_source(domain: str) -> str:
    return next(iter(collections_of(domain)))


def values(figure: Figure) -> list[np.ndarray]:
    """Return the pictures' own values, row by row."""
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def picture(channels: int = 1, **changes: Any) -> str:
    """Return the laboratory's picture as the page sends it: one bright column on black."""
    image = torch.zeros(channels, 28, 28)
    image[..., 13:15] = 1
    fields = pixels_source(image[None])
    return json.dumps(fields | changes)


def test_a_new_figure_is_drawn_and_named_by_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(subject: Subject) -> Panels:
        return Panels(["toy"], [Row("toy", subject.clean)], POINTS["clean"], subject.denoiser)

    spec = replace(FIGURES["s3-side-by-side"], label="Toy", build=build)
    monkeypatch.setitem(FIGURES, "s3-toy", spec)

    figure = draw("s3-toy", denoiser="median-3", source="example", first=2)

    assert "Article 4 · Toy · Median 3 × 3" in words(figure)
    assert np.array_equal(values(figure)[0], load_examples().clean(slice(2, 3))[0, 0].numpy())
    assert file_name("s3-toy", "median-3") == "s3-toy-median-3.png"


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_shows_its_pictures(kind: str) -> None:
    assert len(built_in(kind).axes) == PICTURES[kind]


@pytest.mark.parametrize("recipe", [*SOME_RECIPES, *SOME_FILTERS])
@pytest.mark.parametrize("kind", ANY_RECIPE)
def test_a_figure_can_be_drawn_for_any_denoiser_and_filter(kind: str, recipe: str) -> None:
    figure = built_in(kind, recipe)

    assert len(figure.axes) == PICTURES[kind]
    assert f"{FIGURES[kind].title} · {get_denoiser(recipe).title}" in words(figure)


@pytest.mark.parametrize("kind", FIGURES)
def test_no_text_sticks_out_or_covers_a_picture(kind: str) -> None:
    figure = built_in(kind)

    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
    covered = [box.overlaps(axes.get_window_extent()) for box in boxes for axes in figure.axes]
    assert all(box.x0 > 0 and box.x1 < figure.bbox.x1 for box in boxes)
    assert all(box.y0 > 0 and box.y1 < figure.bbox.y1 for box in boxes)
    assert not any(covered)


@pytest.mark.parametrize("kind", PICTURED)
def test_the_small_print_names_the_pictures_the_corruption_and_the_seed(kind: str) -> None:
    caption = words(built_in(kind)).replace("\n", " ")

    named = {"digits": "Digits: built-in digits, number 0", "faces": "Faces: portraits, number 0"}
    assert named[FIGURES[kind].domain] in caption
    if kind in NOISY:
        assert "Corruption: " in caption
        assert "clipped" in caption
        assert "Noise seed 0." in caption


@pytest.mark.parametrize("kind", PICTURED)
def test_the_seed_determines_the_noise_and_the_first_picture_the_pictures(kind: str) -> None:
    spec = FIGURES[kind]
    again = draw(kind, denoiser=spec.denoiser, source=first_source(spec.domain))

    first, same, other = map(values, (built_in(kind), again, built_in(kind, first=1, seed=1)))

    assert all(np.array_equal(one, two) for one, two in zip(first, same, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("kind", NOISY)
def test_another_seed_gives_other_noise(kind: str) -> None:
    pairs = zip(values(built_in(kind)), values(built_in(kind, seed=1)), strict=True)

    assert not all(np.array_equal(one, other) for one, other in pairs)


def test_a_sheet_of_dreams_depends_on_the_seed_alone() -> None:
    first, other = built_in("blind-dreams"), built_in("blind-dreams", seed=1)
    again = draw("blind-dreams", denoiser="conv-pool", source="laboratory", first=7)

    assert all(np.array_equal(a, b) for a, b in zip(values(first), values(again), strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(values(first), values(other), strict=True))
    assert "pure noise, denoised in 3 steps. Noise seed 0." in words(first)


def test_rising_noise_names_the_articles_label_and_the_true_range() -> None:
    text = words(built_in("s0-rising-noise"))

    labels = [f"article r = {r}" for r in ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0")]
    ranges = [f"actual ±{r}" for r in ("0", "0.4", "0.8", "1.2", "1.6", "2")]
    assert all(word in text.split("\n") for word in labels + ranges)


@pytest.mark.parametrize("i", range(6))
def test_rising_noise_shows_the_evaluation_points(i: int) -> None:
    clean = load_examples().clean(slice(1))

    noisy = values(built_in("s0-rising-noise"))[6 + i]

    expected = POINTS[f"s0-level-{i}"](clean, torch.Generator().manual_seed(0))
    assert np.array_equal(noisy, expected[0, 0].numpy())


def test_a_figure_agrees_with_the_laboratory() -> None:
    clean, settings = load_examples().clean(slice(1)), Settings("gaussian", 0.5, 0.0, "dense-16", 4)

    figure = built_in("s3-side-by-side", "dense-16", seed=4)

    outcome = run(clean, settings)
    assert np.array_equal(values(figure)[2], outcome.denoised[0, 0].numpy())
    assert f"{float(outcome.scores['denoised']['psnr']):.1f} dB" in words(figure)


@pytest.mark.parametrize("recipe", SOME_RECIPES)
def test_unclipped_points_follow_the_recipes_convention(recipe: str) -> None:
    noisy = np.stack(values(built_in("s0-one-level", recipe))[6:12])

    clipped = noisy.min() >= 0 and noisy.max() <= 1
    assert clipped == RECIPES[recipe].clip


@pytest.mark.parametrize("kind", ["s1-denoise-and-classify", "s2-gaussian-denoising"])
def test_points_that_the_article_clips_are_clipped_for_every_recipe(kind: str) -> None:
    noisy = np.stack(values(built_in(kind, "conv-pool"))[10:20])

    assert 0 <= noisy.min() < noisy.max() <= 1


@pytest.mark.parametrize("recipe", ["conv-pool", "dense-64", "dense-16", "dense-300-random"])
def test_the_noise_generator_shows_a_recipes_own_pairs(recipe: str) -> None:
    clean = load_examples().clean(slice(4))

    shown = values(built_in("s0-noise-generator", recipe, seed=9))[:4]

    expected = RECIPES[recipe].corruption(clean, torch.Generator().manual_seed(9))
    assert np.array_equal(np.stack(shown), expected[:, 0].numpy())


@pytest.mark.parametrize("recipe", ["dense-32", "dense-300-clean"])
def test_the_noise_generator_says_when_a_recipe_trains_without_noise(recipe: str) -> None:
    clean = load_examples().clean(slice(4))

    figure = built_in("s0-noise-generator", recipe)

    expected = POINTS["s0-train"](clean, torch.Generator().manual_seed(0))
    assert "trained without noise; these are article 1's pairs" in words(figure).replace("\n", " ")
    assert np.array_equal(np.stack(values(figure)[:4]), expected[:, 0].numpy())


def test_denoise_and_classify_counts_what_is_read_right() -> None:
    text = words(built_in("s1-denoise-and-classify"))

    assert text.count("of 10 read correctly") == 3
    assert text.count("✓") + text.count("✗") == 30


def test_four_noises_shows_the_evaluation_points() -> None:
    clean = DOMAINS["faces"].examples().clean(slice(1))

    shown = values(built_in("s4-four-noises"))

    points = ("gaussian", "gaussian-notebook", "poisson", "salt-pepper", "salt-pepper-notebook")
    for image, point in zip(shown[1:], (*points, "speckle"), strict=True):
        expected = POINTS[f"s4-{point}"](clean, torch.Generator().manual_seed(0))
        assert np.array_equal(image, expected[0].mul(255).round().byte().permute(1, 2, 0))


def test_four_noises_gives_both_measures_of_every_picture() -> None:
    text = words(built_in("s4-four-noises")).split("\n")

    assert sum(line.endswith(" dB") for line in text) == 7
    assert sum(line.startswith("MAE ") for line in text) == 7


def test_the_results_grid_marks_the_best_of_each_row() -> None:
    notes = [t for t in words(built_in("s4-results-grid")).split("\n") if " dB" in t]

    rows = [notes[i : i + len(DENOISERS)] for i in range(0, len(notes), len(DENOISERS))]
    numbers = [[float(note.split()[0]) for note in row] for row in rows]
    stars = [[note.endswith("★") for note in row] for row in rows]
    assert len(rows) == len(KINDS)
    assert all(sum(row) == 1 for row in stars)
    assert all(n[s.index(True)] == max(n) for n, s in zip(numbers, stars, strict=True))


@pytest.fixture
def bars() -> list[list[str]]:
    """The texts at the ends of the bars of each chart, row by row."""
    return [[text.get_text() for text in axes.texts] for axes in built_in("s4-error-bars").axes]


def test_the_error_bars_show_faces_with_the_best_marked(bars: list[list[str]]) -> None:
    figure = built_in("s4-error-bars")

    lengths = [[patch.get_width() for patch in axes.patches] for axes in figure.axes[::3]]
    assert lengths == [pytest.approx([0.08 - 0.01 * i for i in range(len(DENOISERS))])] * len(
        PLACES
    )
    assert bars[0] == ["0.080", "0.070", "0.060", "0.050", "0.040", "0.030", "0.020 ★"]
    assert all(axes.get_xlim()[0] == 0 for axes in figure.axes)


def test_the_error_bars_have_their_intervals() -> None:
    intervals = built_in("s4-error-bars").axes[0].collections

    ends = [lines.get_segments()[0][:, 0].tolist() for lines in intervals]
    assert ends == [pytest.approx([0.075 - 0.01 * i, 0.085 - 0.01 * i]) for i in range(7)]


def test_published_errors_are_divided_by_3_and_gaps_named(bars: list[list[str]]) -> None:
    assert bars[2] == ["", "none published", "", "", "", "", ""]
    assert bars[5] == ["", "≈ 0.445", "≈ 0.445", "≈ 0.445", "", "≈ 0.457", "0.076"]
    assert bars[8][-1] == "none published"
    assert "divided by 3" in words(built_in("s4-error-bars")).replace("\n", " ")


def test_the_articles_charts_share_one_scale() -> None:
    ends = [axes.get_xlim()[1] for axes in built_in("s4-error-bars").axes]

    assert len(set(ends[1::3]) | set(ends[2::3])) == 1


def test_a_figure_without_the_classifier_says_so(untrained_weights: Path) -> None:
    (untrained_weights / "mlp-classifier.safetensors").unlink()

    figure = draw("s0-one-level", denoiser="conv-pool", source="built-in")

    assert words(figure).count("no classifier") == 3


def test_a_missing_network_is_refused_with_its_name(untrained_weights: Path) -> None:
    (untrained_weights / "dense-8.safetensors").unlink()

    with pytest.raises(checkpoints.CheckpointError, match=r"dense-8\.safetensors is missing"):
        draw("s2-code-sizes", denoiser="dense-32", source="built-in")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"kind": "s9"}, "unknown figure 's9'; choose one of: s0-blur-then-noise"),
        ({"kind": None}, "unknown figure None"),
        ({"denoiser": "dense-9"}, "unknown denoiser 'dense-9'"),
        ({"denoiser": None}, "unknown denoiser None"),
        ({"denoiser": "mlp-classifier"}, "not a denoiser"),
        ({"denoiser": "pix2pix-speckle"}, "denoises faces, and this figure shows digits"),
        ({"source": "faces"}, "unknown source of digits 'faces'"),
        ({"first": -1}, "first digit -1"),
        ({"first": 10**6}, "first digit 1000000"),
        ({"first": 1.5}, "first digit is 1.5: give a whole number"),
        ({"seed": None}, "seed is None: give a whole number"),
        ({"seed": -1}, "the seed is out of range"),
        ({"seed": 2**31}, "the seed is out of range"),
    ],
)
def test_invalid_choices_are_refused(choices: dict[str, Any], message: str) -> None:
    sound = {"kind": "s0-rising-noise", "denoiser": "conv-pool", "source": "built-in"}

    with pytest.raises(ValueError, match=message):
        draw(**(sound | choices))


@pytest.mark.parametrize("kind", PICTURED)
def test_the_laboratorys_picture_comes_first(kind: str) -> None:
    spec = FIGURES[kind]
    channels = DOMAINS[spec.domain].shape[0]

    figure = draw(kind, denoiser=spec.denoiser, source="laboratory", picture=picture(channels))

    shown = values(figure)[4 if kind == "s0-noise-generator" else 0]
    column = shown.reshape(28, 28, channels) == (255 if channels == 3 else 1)
    assert column[:, 13:15].all()
    assert column.sum() == 28 * 2 * channels
    assert "the laboratory's picture" in words(figure).replace("\n", " ")


@pytest.mark.parametrize("kind", PICTURED)
def test_the_laboratorys_picture_of_the_other_domain_is_refused(kind: str) -> None:
    spec = FIGURES[kind]
    other = picture(DOMAINS[OTHER[spec.domain]].shape[0])

    with pytest.raises(ValueError, match=f"shows {spec.domain}: show a .* from another source"):
        draw(kind, denoiser=spec.denoiser, source="laboratory", picture=other)


def test_the_laboratorys_picture_is_never_marked_right_or_wrong() -> None:
    figure = draw(
        "s1-denoise-and-classify", denoiser="dense-64", source="laboratory", picture=picture()
    )

    assert words(figure).count("of 9 read correctly") == 3


@pytest.mark.parametrize(
    ("kind", "name"),
    [("s0-rising-noise", "s0-rising-noise-conv-pool.png"), ("s2-code-sizes", "s2-code-sizes.png")],
)
def test_the_file_is_named_after_the_figure_and_its_network(kind: str, name: str) -> None:
    assert file_name(kind, "conv-pool") == name


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_names_an_article_and_a_network_that_denoises(kind: str) -> None:
    spec = FIGURES[kind]

    assert spec.denoiser in denoising_recipes()
    assert RECIPES[spec.denoiser].domain == spec.domain
    assert kind.startswith(spec.article.lower())
    assert spec.explanation.count(". ") <= 2  # three sentences


def test_a_dark_figure_has_light_words_on_a_dark_ground_and_the_same_pictures() -> None:
    figure = draw("s0-rising-noise", denoiser="conv-pool", source="example")
    before = [image.copy() for image in values(figure)]

    darken(figure)

    assert max(to_rgb(figure.get_facecolor())) < 0.2
    assert min(min(to_rgb(text.get_color())) for text in figure.texts) > 0.5
    assert all(np.array_equal(a, b) for a, b in zip(before, values(figure), strict=True))
