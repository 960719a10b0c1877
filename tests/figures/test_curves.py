"""Curves over the level and the matrix: the numbers of results.json, and nothing else."""

import json

import pytest

from denoise_demo.benchmark import results, scores_of
from denoise_demo.benchmark.results import ResultsError, load_results
from denoise_demo.corruption.noise import NOISES
from denoise_demo.data.domains import DOMAINS
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.figures.curves import MOST, level_curves, loss_curves
from denoise_demo.lab.comparison import NOTHING
from denoise_demo.lab.experiment import Settings
from denoise_demo.lab.matrix import gain_matrix
from denoise_demo.ui.panels.curves import curves as page
from denoise_demo.ui.panels.matrix import matrix as matrix_page

KINDS = [kind for kind in NOISES if kind != "none"]


@pytest.fixture(scope="module")
def measured():
    return load_results()


def sweep(measured, domain):
    return [row for row in measured["sweep"] if row["domain"] == domain]


def drawn(chart):
    return {(v["method"], v["level"]): v for v in chart["data"]["values"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", scores_of("digits"))
def test_curves_show_the_measured_numbers(measured, kind, metric):
    chart = level_curves(sweep(measured, "digits"), kind, metric, ["conv-pool"], 0.5)

    values = drawn(chart)
    rows = [r for r in sweep(measured, "digits") if r["kind"] == kind and r[metric] is not None]
    assert len(values) == len(rows)
    for row in rows:
        value = values[row["method"], row["level"]]
        names = (metric, f"{metric}_low", f"{metric}_high")
        assert [value[key] for key in ("value", "low", "high")] == [row[name] for name in names]
    assert {method for method, _ in values} == {NOTHING, *list_denoisers("digits")}
    json.dumps(chart, allow_nan=False)


def test_the_mark_stands_where_the_laboratory_is(measured):
    with_mark, without = (
        level_curves(sweep(measured, "faces"), "poisson", "psnr", [], here) for here in (77, None)
    )
    marks = [layer["data"]["values"] for layer in with_mark["layer"] if "data" in layer]
    assert marks[1:] == [[{"level": 77}]] * 2
    assert len([layer for layer in without["layer"] if "data" in layer]) == 1


def test_what_is_worse_than_doing_nothing_is_shaded(measured):
    chart = level_curves(sweep(measured, "digits"), "uniform", "psnr", [])
    top = chart["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    shaded = {v["level"]: v["value"] for v in chart["layer"][0]["data"]["values"]}
    rows = [
        r for r in sweep(measured, "digits") if (r["method"], r["kind"]) == (NOTHING, "uniform")
    ]
    assert shaded[0] == top == 40  # without noise nothing is better than doing nothing
    assert {r["level"]: r["psnr"] for r in rows if r["level"]} == {
        level: value for level, value in shaded.items() if level
    }


def test_noise_rises_to_the_right(measured):
    peak = level_curves(sweep(measured, "digits"), "poisson", "psnr", [])
    assert peak["encoding"]["x"]["scale"] == {
        "type": "log",
        "reverse": True,
        "domain": [1, 256],
        "nice": False,
    }
    amount = level_curves(sweep(measured, "digits"), "salt-pepper", "psnr", [])
    assert amount["encoding"]["x"]["scale"] == {"domain": [0, 1]}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("digits", "perlin", "psnr", []), ValueError, "perlin"),
        (("digits", "uniform", "beauty", []), ValueError, "beauty"),
        (
            ("digits", "uniform", "psnr", list(list_denoisers("digits"))[: MOST + 1]),
            ValueError,
            "at most",
        ),
        (("faces", "uniform", "accuracy", []), ResultsError, "no Accuracy"),
    ],
)
def test_curves_that_cannot_be_drawn_say_why(measured, arguments, error, message):
    domain, *rest = arguments
    with pytest.raises(error, match=message):
        level_curves(sweep(measured, domain), *rest)


def place(**changes):
    values = {"domain": "digits", "kind": "uniform", "level": 0.8, "denoiser": "blind-digits"}
    return json.dumps(values | changes)


def test_the_page_draws_the_denoiser_on_the_stage_first():
    chart, words = page.draw_curves(place(), "psnr", ["conv-pool", "blind-digits"])
    scale = json.loads(chart.plot)["layer"][4]["encoding"]["color"]["scale"]
    assert scale["domain"] == [list_denoisers()[key].label for key in ("blind-digits", "conv-pool")]
    assert "1,000 test digits" in words


def test_the_page_keeps_an_empty_choice_and_drops_one_of_other_pictures():
    usable = list(list_denoisers())

    kept, _ = page.follow_domain(usable, place(), "psnr", [])
    digits, _ = page.follow_domain(usable, place(), "psnr", ["pix2pix-gaussian"])

    assert "value" not in kept.constructor_args
    assert digits.value == page.COMPARED["digits"]


def test_the_page_has_no_curves_without_noise():
    chart, words = page.draw_curves(place(kind="none"), "psnr", [])
    assert chart is None
    assert "choose a kind of noise" in words


@pytest.mark.parametrize("broken", [None, "{", '{"weights": {}}'])
def test_without_results_the_pages_say_what_to_run(broken, tmp_path, monkeypatch):
    file = tmp_path / "results.json"
    if broken is not None:
        file.write_text(broken)
    monkeypatch.setattr(results, "RESULTS_FILE", file)

    chart, words = page.draw_curves(place(), "psnr", [])

    assert chart is None
    assert "python -m denoise_demo.benchmark" in words
    for domain in DOMAINS:
        assert "python -m denoise_demo.benchmark" in matrix_page._matrix(domain)["error"]


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_matrix_shows_the_measured_numbers(measured, domain):
    matrix = gain_matrix(measured_in(measured, domain), domain)

    assert [row["id"] for row in matrix["rows"]] == list(list_denoisers(domain))
    for row in matrix["rows"]:
        assert len(row["cells"]) == len(matrix["columns"])
        for cell, column in zip(row["cells"], matrix["columns"], strict=True):
            found = [
                r
                for r in candidates(measured, domain, row["id"], column)
                if r["psnr"] == cell["psnr"]
            ]
            assert found, (row["id"], column)
    json.dumps(matrix, allow_nan=False)


def test_a_denoiser_that_was_not_measured_is_named(measured):
    some = measured_in(measured, "digits")
    some["sweep"] = [row for row in some["sweep"] if row["method"] != "wavelet"]
    with pytest.raises(ResultsError, match="no wavelet: run python"):
        gain_matrix(some, "digits")


def measured_in(measured, domain):
    return {
        part: [r for r in measured[part] if r["domain"] == domain] for part in ("rows", "sweep")
    }


def candidates(measured, domain, method, column):
    rows = [
        r for r in measured["sweep"] if (r["kind"], r["level"]) == (column["kind"], column["level"])
    ]
    names = {"none": "clean"} | {"uniform": f"s0-level-{2 * column['blur_sigma']:.0f}"}
    point = names.get(column["kind"])
    rows = (
        [r for r in measured["rows"] if r["point"] == point]
        if column["blur_sigma"] or not rows
        else rows
    )
    return [r for r in rows if (r["domain"], r["method"]) == (domain, method)]


def test_a_cell_is_the_gain_over_doing_nothing(measured):
    matrix = gain_matrix(measured_in(measured, "digits"), "digits")
    column = [c["title"][0] for c in matrix["columns"]].index("Clean")
    rows = {row["id"]: row["cells"] for row in matrix["rows"]}
    assert rows["dense-64"][column]["gain"] is None  # doing nothing is perfect there
    assert rows["dense-64"][column]["change"] < -0.2  # 0.62 instead of 0.975
    assert not rows["dense-64"][column]["trained"]
    assert rows["dense-1"][column]["trained"]
    learnt = {row["id"] for row in matrix["rows"] if all(cell["trained"] for cell in row["cells"])}
    assert learnt == {"blind-digits"}


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_cell_sets_the_stage_to_its_case(measured, domain):
    matrix = gain_matrix(measured_in(measured, domain), domain)
    for row in matrix["rows"]:
        for column in matrix["columns"]:
            case = {key: column[key] for key in ("kind", "level", "blur_sigma")}
            kind, level, blur_sigma, recipe = matrix_page.set_case(
                json.dumps(case | {"denoiser": row["id"]})
            )
            shown = Settings(kind, level.value, blur_sigma, recipe["value"], 0)
            assert shown == Settings(**case, denoiser=row["id"], seed=0)


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_a_history_shows_both_losses_of_every_epoch(epochs):
    history = [
        {"epoch": i + 1, "train_loss": 0.5 / (i + 1), "validation_loss": 0.6 / (i + 1)}
        for i in range(epochs)
    ]

    chart = loss_curves(history, "binary cross-entropy")

    values = {(v["of"], v["epoch"]): v["loss"] for v in chart["data"]["values"]}
    assert len(values) == 2 * epochs
    for record in history:
        assert values["training", record["epoch"]] == record["train_loss"]
        assert values["validation", record["epoch"]] == record["validation_loss"]
    assert chart["layer"][0]["mark"]["point"] == (epochs < 16)
    assert chart["layer"][0]["encoding"]["y"]["title"] == "binary cross-entropy"
