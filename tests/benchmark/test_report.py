"""The report: what docs/results.md shows."""

import pytest

from denoise_demo.benchmark import load_results, report
from denoise_demo.benchmark.metrics import METRICS, MetricSpec, mae, scores_of
from denoise_demo.benchmark.report import render
from denoise_demo.corruption import POINTS, points
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import denoising_recipes, list_denoisers


@pytest.fixture(scope="module")
def shipped():
    return load_results()


@pytest.fixture
def change(shipped):
    """Results with other scores in one row."""

    def changed(denoiser, point, domain="digits", n=None, **scores):
        rows = [
            row.model_copy(update={"n": n or row.n} | scores)
            if (row.denoiser, row.point, row.domain) == (denoiser, point, domain)
            else row
            for row in shipped.rows
        ]
        for row in rows:
            if (row.denoiser, row.point, row.domain) == (denoiser, point, domain):
                row.__pydantic_extra__.update(scores)
        return shipped.model_copy(update={"rows": rows})

    return changed


def line(page, *starts):
    """Return the one table line of a page that begins with these cells."""
    [found] = [text for text in page.splitlines() if text.startswith(f"| {' | '.join(starts)} |")]
    return found


def details(page, domain, point):
    """Return the table of all scores at a point."""
    part = page.split(f"## {domain.capitalize()}\n")[1]
    return part.split(f"<summary><code>{point}</code>")[1].split("</details>")[0]


def test_the_page_in_the_repository_shows_the_shipped_results(shipped):
    assert report.RESULTS_PAGE.read_text("utf-8") == render(shipped)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_denoiser_is_shown_at_every_point_with_every_score(shipped, domain):
    page = render(shipped)

    for point in points(domain):
        table = details(page, domain, point).splitlines()
        heads = [text for text in table if text.startswith("| denoiser")]
        assert heads == [f"| denoiser | {' | '.join(s.axis for s in scores_of(domain).values())} |"]
        shown = [text for text in table if text.startswith(("| `", "| doing nothing"))]
        assert len(shown) == 1 + len(list_denoisers(domain))


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_network_is_shown_at_its_own_point(shipped, domain):
    page = render(shipped)

    for name, recipe in denoising_recipes(domain).items():
        assert f"| `{recipe.point}` |" in line(page, f"`{name}`", recipe.article)


def test_no_line_is_longer_than_needed(shipped):
    assert max(map(len, render(shipped).splitlines())) < 200


def test_an_infinite_psnr_is_shown_as_such_and_is_the_best(shipped):
    assert line(details(render(shipped), "digits", "clean"), "doing nothing").startswith(
        "| doing nothing | **∞** | **1.000 ± 0.000** |"
    )


def test_the_best_of_a_column_is_bold_and_fewer_pictures_are_marked(change):
    page = render(change("wiener", "s2", n=2, psnr=99.0, psnr_low=98.0, psnr_high=100.0))

    assert line(details(page, "digits", "s2"), "`wiener` ¹").startswith(
        "| `wiener` ¹ | **99.00 ± 1.00** |"
    )


def test_the_smallest_error_is_the_best(change):
    page = render(change("wiener", "s4-speckle", "faces", mae=0.0, mae_low=0.0, mae_high=0.0))

    assert "**0.00000 ± 0.00000**" in line(details(page, "faces", "s4-speckle"), "`wiener`")


def test_unmeasured_denoisers_have_no_line(shipped):
    rows = [row for row in shipped.rows if row.denoiser not in ("dense-2", "median-3")]

    page = render(shipped.model_copy(update={"rows": rows})).partition("## Photographs")[0]

    assert "`dense-1`" in page
    assert "`dense-2`" not in page
    assert "`median-3`" not in page


def test_a_new_metric_and_a_new_point_are_shown_before_they_are_measured(shipped, monkeypatch):
    monkeypatch.setitem(METRICS, "toy", MetricSpec("Toy", "toy", "", 1, True, function=mae))
    monkeypatch.setitem(POINTS, "toy", POINTS["s1"])

    table = details(render(shipped), "digits", "s1")

    assert line(table, "denoiser").endswith("| Toy | Accuracy |")
    assert line(table, "`conv-pool`").count("not measured") == 1
