"""The figures tab: what it offers for each figure, and what it says without results."""

from pathlib import Path

import pytest

from denoise_demo.benchmark import BASELINES, MISTAKES, load_results, results
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import denoising_recipes
from denoise_demo.figures import FIGURES
from denoise_demo.lab import collections_of
from denoise_demo.ui.tabs.figures.figures import draw_figure, follow_figure, list_sources

OTHER = {"digits": "faces", "faces": "digits"}
CHOICES = {"denoiser": "", "source": "portraits", "first": 0, "seed": 0, "picture": ""}

pytestmark = pytest.mark.usefixtures("no_mnist")


def first_source(domain):
    return next(iter(collections_of(domain)))


@pytest.mark.parametrize("gap", ["rows", "article"])
def test_without_results_of_faces_the_page_says_what_to_do(gap, tmp_path, monkeypatch):
    found = load_results().model_copy(update={gap: []})
    results.save_results(found, tmp_path / "results.json")
    monkeypatch.setattr(results, "RESULTS_FILE", tmp_path / "results.json")

    text, image, file = draw_figure(kind="s4-error-bars", **CHOICES)

    assert "results.json has no scores of faces: run python -m denoise_demo.benchmark" in text
    assert (image.value, file.value, file.interactive) == (None, None, False)


def test_the_page_lists_the_articles_mistakes(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    text, _, file = draw_figure(kind="s4-error-bars", **CHOICES)

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
    assert recipe.value == spec.denoiser
    assert radio.value in [key for _, key in radio.choices]
    assert radio.value == source or source == first_source(OTHER[spec.domain])
    assert first.label == f"First {DOMAINS[spec.domain].noun}"
    assert radio.interactive == bool(spec.pictures)
    assert seed.interactive == (bool(spec.pictures) or kind == "blind-dreams")


@pytest.mark.parametrize("kind", ["s3-side-by-side", "s4-results-grid"])
def test_a_missing_test_set_is_not_offered(kind: str) -> None:
    radio = list_sources(kind)

    assert [key for _, key in radio.choices] == [first_source(FIGURES[kind].domain), "laboratory"]
    assert "is offered once" in radio.info


def test_closing_the_list_of_figures_without_another_choice_changes_nothing():
    updates = follow_figure(["conv-pool"], None, "example")

    assert all("value" not in update for update in updates)
