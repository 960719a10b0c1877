"""The articles' figures and the cards of the weights, with untrained networks: they say enough."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from denoise_demo.benchmark import ArticleRow, PointRow, Results, load_results, results
from denoise_demo.benchmark.article import BASELINES, KINDS, MISTAKES, PLACES
from denoise_demo.benchmark.rows import CalibrationRow
from denoise_demo.corruption.points import POINTS
from denoise_demo.data import DataError, faces, load_examples, mnist
from denoise_demo.data.domains import DOMAINS
from denoise_demo.denoisers import RECIPES, checkpoints, denoising_recipes, settings_of
from denoise_demo.figures.canvas import Figure, to_png
from denoise_demo.figures.faces import DENOISERS, denoiser_id
from denoise_demo.figures.registry import FIGURES, draw, file_name
from denoise_demo.lab.experiment import Settings, run
from denoise_demo.lab.sources import (
    choose_pictures,
    collections_of,
    count_pictures,
    laboratory_picture,
    pixels_source,
)
from denoise_demo.ui.tabs.figures.figures import draw_figure, follow_figure, list_sources
from denoise_demo.ui.tabs.training.training import describe_weights, show_card

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
SOME_RECIPES = ("conv-pool", "dense-64", "dense-32", "dense-300-published")
SOME_FILTERS = ("median-3", "wiener")
ANY_RECIPE = [key for key, spec in FIGURES.items() if spec.any_recipe]
PICTURED = [key for key, spec in FIGURES.items() if spec.pictures]
NOISY = [key for key in PICTURED if key != "s2-code-sizes"]
OTHER = {"digits": "faces", "faces": "digits"}

pytestmark = pytest.mark.usefixtures("no_mnist")


@pytest.fixture(scope="module", autouse=True)
def untrained_networks(untrained_files: Path) -> Iterator[None]:
    """Let `inference` load networks that were never trained, once for all these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DENOISE_WEIGHTS_DIR", str(untrained_files))
        yield


@pytest.fixture(scope="module", autouse=True)
def measured_faces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """Let figures find results of faces: every denoiser's error differs, pix2pix's is least."""
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
    """Draw a figure of the built-in pictures, once for all tests that only look at it."""
    source = first_source(FIGURES[kind].domain)
    return draw(kind, recipe=recipe or FIGURES[kind].recipe, source=source, **choices)


def first_source(domain: str) -> str:
    return next(iter(collections_of(domain)))


def values(figure: Figure) -> list[np.ndarray]:
    """Return the pictures' own values, row by row."""
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def picture(channels: int = 1, **changes: Any) -> str:
    """Return the laboratory's picture as the page gives it: one bright column on black."""
    image = torch.zeros(channels, 28, 28)
    image[..., 13:15] = 1
    fields = pixels_source(image[None])
    return json.dumps(fields | changes)


def test_every_figure_is_tested() -> None:
    assert PICTURES.keys() == FIGURES.keys()


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_shows_its_pictures(kind: str) -> None:
    assert len(built_in(kind).axes) == PICTURES[kind]


@pytest.mark.parametrize("recipe", [*SOME_RECIPES, *SOME_FILTERS])
@pytest.mark.parametrize("kind", ANY_RECIPE)
def test_a_figure_can_be_drawn_for_any_recipe_and_filter(kind: str, recipe: str) -> None:
    figure = built_in(kind, recipe)

    assert len(figure.axes) == PICTURES[kind]
    assert f"{FIGURES[kind].title} · {recipe}" in words(figure)


@pytest.mark.parametrize("kind", FIGURES)
def test_no_words_stick_out_or_cover_a_picture(kind: str) -> None:
    figure = built_in(kind)

    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
    covered = [box.overlaps(axes.get_window_extent()) for box in boxes for axes in figure.axes]
    assert all(box.x0 > 0 and box.x1 < figure.bbox.x1 for box in boxes)
    assert all(box.y0 > 0 and box.y1 < figure.bbox.y1 for box in boxes)
    assert not any(covered)


@pytest.mark.parametrize("kind", PICTURED)
def test_the_small_print_names_the_pictures(kind: str) -> None:
    caption = words(built_in(kind)).replace("\n", " ")

    named = {"digits": "Digits: built-in digits, number 0", "faces": "Faces: portraits, number 0"}
    assert named[FIGURES[kind].domain] in caption


@pytest.mark.parametrize("kind", NOISY)
def test_the_small_print_names_the_corruption_and_the_seed(kind: str) -> None:
    caption = words(built_in(kind, seed=5)).replace("\n", " ")

    assert "Corruption: " in caption
    assert "clipped" in caption
    assert "Noise seed 5." in caption


@pytest.mark.parametrize("kind", PICTURED)
def test_the_same_seed_gives_the_same_figure(kind: str) -> None:
    spec = FIGURES[kind]
    again = draw(kind, recipe=spec.recipe, source=first_source(spec.domain), seed=1)

    pairs = zip(values(built_in(kind, seed=1)), values(again), strict=True)

    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("kind", NOISY)
def test_another_seed_gives_other_noise(kind: str) -> None:
    pairs = zip(values(built_in(kind)), values(built_in(kind, seed=1)), strict=True)

    assert not all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("kind", PICTURED)
def test_another_first_picture_gives_another_figure(kind: str) -> None:
    one, other = values(built_in(kind)), values(built_in(kind, first=1))

    assert not np.array_equal(one[0], other[0])


def test_rising_noise_names_the_articles_label_and_the_true_range() -> None:
    text = words(built_in("s0-rising-noise"))

    labels = [f"called r = {r}" for r in ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0")]
    ranges = [f"really ±{r}" for r in ("0", "0.4", "0.8", "1.2", "1.6", "2")]
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
    assert "trains without noise; these are S0's pairs" in words(figure).replace("\n", " ")
    assert np.array_equal(np.stack(values(figure)[:4]), expected[:, 0].numpy())


def test_denoise_and_classify_counts_what_is_read_right() -> None:
    text = words(built_in("s1-denoise-and-classify"))

    assert text.count("of 10 read right") == 3
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
    """What stands at the ends of the bars of each chart, row by row."""
    return [[text.get_text() for text in axes.texts] for axes in built_in("s4-error-bars").axes]


def test_the_error_bars_are_those_of_faces_with_the_best_marked(bars: list[list[str]]) -> None:
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


@pytest.mark.parametrize("gap", ["rows", "article"])
def test_without_results_of_faces_the_page_says_what_to_do(
    gap: str, measured_faces: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = measured_faces.model_copy(update={gap: [], "weights": {}})
    results.save_results(found, tmp_path / "results.json")
    monkeypatch.setattr(results, "RESULTS_FILE", tmp_path / "results.json")

    choices = {"recipe": "", "source": "portraits", "first": 0, "seed": 0, "picture": ""}
    text, image, file = draw_figure(kind="s4-error-bars", **choices)

    assert "results.json has no scores of faces: run python -m denoise_demo.benchmark" in text
    assert (image.value, file.value, file.interactive) == (None, None, False)


def test_the_page_lists_the_articles_mistakes(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    choices = {"recipe": "", "source": "portraits", "first": 0, "seed": 0, "picture": ""}

    text, _, file = draw_figure(kind="s4-error-bars", **choices)

    numbered = [f"{i}. **{title}:** {line}" for i, (title, line) in enumerate(MISTAKES.items(), 1)]
    assert len(numbered) == 4
    assert all(line in text.split("\n") for line in numbered)
    assert Path(file.value["path"]).name == "s4-error-bars.png"


@pytest.mark.parametrize("kind", FIGURES)
@pytest.mark.parametrize("source", ["example", "portrait", "laboratory"])
def test_the_choices_follow_a_figures_domain(kind: str, source: str) -> None:
    spec = FIGURES[kind]
    usable = [*denoising_recipes(), *BASELINES]

    recipe, radio, first, seed = follow_figure(usable, kind, source)

    known = [key for _, key in recipe.choices]
    assert known == [*denoising_recipes(spec.domain), *BASELINES]
    assert recipe.value == spec.recipe
    assert radio.value in [key for _, key in radio.choices]
    assert radio.value == source or source == first_source(OTHER[spec.domain])
    assert first.label == f"First {DOMAINS[spec.domain].noun}"
    assert radio.interactive == seed.interactive == bool(spec.pictures)


@pytest.mark.parametrize("kind", ["s3-side-by-side", "s4-results-grid"])
def test_a_test_set_that_is_not_there_is_not_offered(kind: str) -> None:
    radio = list_sources(kind)

    assert [key for _, key in radio.choices] == [first_source(FIGURES[kind].domain), "laboratory"]
    assert "joins the list once" in radio.info


def test_a_figure_does_without_the_classifier_and_says_so(untrained_weights: Path) -> None:
    (untrained_weights / "mlp-classifier.safetensors").unlink()

    figure = draw("s0-one-level", recipe="conv-pool", source="built-in")

    assert words(figure).count("no classifier") == 3


def test_a_missing_network_is_refused_with_its_name(untrained_weights: Path) -> None:
    (untrained_weights / "dense-8.safetensors").unlink()

    with pytest.raises(checkpoints.CheckpointError, match=r"dense-8\.safetensors is missing"):
        draw("s2-code-sizes", recipe="dense-32", source="built-in")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"kind": "s9"}, "unknown figure 's9'; choose one of: s0-blur-then-noise"),
        ({"kind": None}, "unknown figure None"),
        ({"recipe": "dense-9"}, "unknown denoiser 'dense-9'"),
        ({"recipe": None}, "unknown denoiser None"),
        ({"recipe": "mlp-classifier"}, "it does not denoise"),
        ({"recipe": "pix2pix-speckle"}, "denoises faces, and this figure shows digits"),
        ({"source": "faces"}, "unknown source of digits 'faces'"),
        ({"first": -1}, "first digit -1"),
        ({"first": 10**6}, "first digit 1000000"),
        ({"first": 1.5}, "first digit is 1.5: give a whole number"),
        ({"seed": None}, "seed is None: give a whole number"),
        ({"seed": -1}, "the seed is out of range"),
        ({"seed": 2**31}, "the seed is out of range"),
    ],
)
def test_choices_that_make_no_sense_are_refused(choices: dict[str, Any], message: str) -> None:
    sound = {"kind": "s0-rising-noise", "recipe": "conv-pool", "source": "built-in"}

    with pytest.raises(ValueError, match=message):
        draw(**(sound | choices))


def test_mnist_is_refused_where_it_is_not() -> None:
    mnist.mnist_test.cache_clear()

    with pytest.raises(DataError, match="not found"):
        draw("s0-rising-noise", recipe="conv-pool", source="mnist")


def test_mnist_digits_come_with_their_labels(fake_mnist: Path, monkeypatch: Any) -> None:
    mnist.mnist_test.cache_clear()
    monkeypatch.setenv("DENOISE_DATA_DIR", str(fake_mnist))

    clean, labels, source = choose_pictures("digits", "mnist", 5, 3)

    mnist.mnist_test.cache_clear()
    assert (clean.shape, labels) == ((3, 1, 28, 28), [5, 6, 7])
    assert source == "MNIST test set, number 5 and following"


@pytest.mark.parametrize("domain", DOMAINS)
def test_after_the_last_picture_comes_the_first(domain: str) -> None:
    source = first_source(domain)
    last = count_pictures(domain, source) - 1

    clean, _, _ = choose_pictures(domain, source, last, 2)

    assert torch.equal(clean[1:], DOMAINS[domain].examples().clean(slice(1)))


def test_faces_of_a_folder_are_offered_and_start_again_after_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(40):
        Image.new("RGB", (28, 28), (i, 0, 255)).save(tmp_path / f"{i:02}.png")
    monkeypatch.setenv("DENOISE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(faces, "cache_dir", lambda name: tmp_path / "cache" / name)
    faces.faces_test.cache_clear()

    radio, count = list_sources("s4-four-noises"), count_pictures("faces", "faces")
    clean, labels, _ = choose_pictures("faces", "faces", 8, 3)

    faces.faces_test.cache_clear()
    assert ("Face test split", "face") in radio.choices
    assert count == 10
    assert (clean[:, 0, 0, 0] * 255).tolist() == pytest.approx([38, 39, 30])
    assert labels == [None] * 3


@pytest.mark.parametrize("kind", PICTURED)
def test_the_laboratorys_picture_comes_first(kind: str) -> None:
    spec = FIGURES[kind]
    channels = DOMAINS[spec.domain].shape[0]

    figure = draw(kind, recipe=spec.recipe, source="laboratory", picture=picture(channels))

    shown = values(figure)[4 if kind == "s0-noise-generator" else 0]
    column = shown.reshape(28, 28, channels) == (255 if channels == 3 else 1)
    assert column[:, 13:15].all()
    assert column.sum() == 28 * 2 * channels
    assert "the laboratory's picture" in words(figure).replace("\n", " ")


@pytest.mark.parametrize("kind", PICTURED)
def test_the_laboratorys_picture_of_the_other_kind_is_refused(kind: str) -> None:
    spec = FIGURES[kind]
    other = picture(DOMAINS[OTHER[spec.domain]].shape[0])

    with pytest.raises(ValueError, match=f"shows {spec.domain}: show a .* from another source"):
        draw(kind, recipe=spec.recipe, source="laboratory", picture=other)


def test_nobody_says_whether_the_laboratorys_picture_is_read_right() -> None:
    figure = draw(
        "s1-denoise-and-classify", recipe="dense-64", source="laboratory", picture=picture()
    )

    assert words(figure).count("of 9 read right") == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing is on the laboratory's stage yet"),
        (None, "nothing is on the laboratory's stage yet"),
        (7, "not valid JSON"),
        ("{", "not valid JSON"),
        ("[" * 4000, "not valid JSON"),
        ("x" * 10**6, "not valid JSON"),
        ("[]", "give an object"),
        ("{}", "unknown source None"),
        (picture(extra=1), "extra of the source pixels is unknown"),
        (picture(height=27), "27 x 28 x 1 bytes"),
        (picture().replace('"channels": 1', '"channels": 3'), "28 x 28 x 3 bytes"),
        (picture(3), "in colour, 28 x 28 pixels, and this figure shows digits: show a digit there"),
        (picture(width="28"), "width of the source pixels is '28'"),
        (picture(height=14, width=56), "grey, 14 x 56 pixels, and this figure shows digits"),
        (picture(pixels="AAAA"), "base64"),
        (picture(pixels="!" * 1048), "base64"),
        (picture(pixels=5), "pixels of the source pixels is 5"),
    ],
)
def test_a_malformed_picture_of_the_laboratory_is_refused(text: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        laboratory_picture(text, DOMAINS["digits"])


@pytest.mark.parametrize("size", [28, 64])
def test_the_largest_picture_of_the_laboratory_is_not_too_long_to_be_read(size: int) -> None:
    image = json.dumps(pixels_source(torch.rand(1, 3, size, size)))

    if size == 28:
        assert laboratory_picture(image, DOMAINS["faces"]).shape == (1, 3, 28, 28)
    else:
        with pytest.raises(ValueError, match="64 x 64 pixels, and this figure shows faces"):
            laboratory_picture(image, DOMAINS["faces"])


def test_the_laboratorys_picture_is_read_to_the_pixel() -> None:
    drawn = torch.arange(784).reshape(1, 28, 28) % 256 / 255
    pixels = base64.b64encode(bytes(i % 256 for i in range(784))).decode()

    assert torch.equal(laboratory_picture(picture(pixels=pixels), DOMAINS["digits"])[0], drawn)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("s0-rising-noise", "s0-rising-noise-conv-pool.png"), ("s2-code-sizes", "s2-code-sizes.png")],
)
def test_the_file_is_named_for_the_figure_and_its_network(kind: str, name: str) -> None:
    assert file_name(kind, "conv-pool") == name


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_names_an_article_and_a_network_that_denoises(kind: str) -> None:
    spec = FIGURES[kind]

    assert spec.recipe in denoising_recipes()
    assert RECIPES[spec.recipe].domain == spec.domain
    assert kind.startswith(spec.article.lower())
    assert spec.explanation.count(". ") == 0


@pytest.mark.parametrize("kind", FIGURES)
def test_every_figure_can_be_saved(kind: str) -> None:
    assert to_png(built_in(kind)).startswith(b"\x89PNG")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """A maker of weight files that tell of a training, found where cards look for them."""
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))

    def save(recipe_id: str) -> Path:
        record = {"epoch": 1, "train_loss": 0.3, "validation_loss": 0.2}
        metadata = {
            "recipe": settings_of(RECIPES[recipe_id]),
            "parameters": 4385,
            "data": {"name": "MNIST", "sha256": []},
            "epochs": 1,
            "history": [record],
            "metrics": {"psnr": 17.29, "ssim": 0.5, "bce": 0.1262, "accuracy": 0.9761},
            "torch": "2.13.0",
            "seed": 0,
            "seconds": 12.3,
            "device": "cpu",
            "command": f"python train.py {recipe_id}",
        }
        path = checkpoints.checkpoint_path(recipe_id)
        checkpoints.save(path, {"weight": torch.zeros(2)}, metadata)
        return path

    return save


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_card_tells_how_the_weights_were_trained(
    trained: Callable[[str], Path], recipe: str
) -> None:
    path = trained(recipe)

    card = describe_weights(checkpoints.read_metadata(path), path.read_bytes())

    facts = (RECIPES[recipe].title, "4,385", f"`python train.py {recipe}`", "12 s on cpu")
    assert all(fact in card for fact in facts)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in card


@pytest.mark.parametrize(
    ("recipe", "facts"),
    [
        ("conv-pool", ["the last 10,000 training images", "learning rate 0.02", "Apache-2.0"]),
        ("strided-conv-gaussian", ["the last 10 % of the training images", "squared error\n"]),
        ("strided-conv-gaussian", ["non-commercial research only", "(UTKFace)"]),
        ("pix2pix-poisson", ["betas 0.5 and 0.999", "mean absolute error plus 0.01 x a patch"]),
    ],
)
def test_a_card_speaks_of_its_own_kind_of_training(
    trained: Callable[[str], Path], recipe: str, facts: list[str]
) -> None:
    path = trained(recipe)

    card = describe_weights(checkpoints.read_metadata(path), path.read_bytes())

    assert all(fact in card for fact in facts)
    assert ("Apache" in card) == (RECIPES[recipe].domain == "digits")


def test_a_card_of_before_adversarial_training_can_be_read(trained: Callable[[str], Path]) -> None:
    path = trained("conv-pool")
    metadata = checkpoints.read_metadata(path)
    del metadata["recipe"]["adversarial"], metadata["recipe"]["domain"]

    assert "**Loss:** binary cross-entropy\n" in describe_weights(metadata, path.read_bytes())


def test_a_card_comes_with_the_weights_and_itself_as_files(trained: Callable[[str], Path]) -> None:
    path = trained("conv-pool")

    card, _, weights, file = show_card("conv-pool")

    kept = Path(weights.value["path"]), Path(file.value["path"])
    assert [k.name for k in kept] == ["conv-pool.safetensors", "conv-pool-card.md"]
    assert [k.read_bytes() for k in kept] == [path.read_bytes(), card.encode()]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "is missing"), (b"", "is damaged"), (b"\x08\0\0\0\0\0\0\0{}      ", "does not say")],
)
def test_a_weight_file_that_cannot_be_used_gives_a_message_for_a_card(
    trained: Callable[[str], Path], content: bytes | None, message: str
) -> None:
    path = trained("conv-pool")
    path.unlink() if content is None else path.write_bytes(content)

    card, _, weights, file = show_card("conv-pool")

    assert card.startswith("**This network cannot be used:** conv-pool.safetensors")
    assert message in card
    assert not weights.interactive
    assert not file.interactive
