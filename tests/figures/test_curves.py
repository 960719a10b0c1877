"""Charts over the noise level and over epochs: they show the measured numbers."""

import json

import pytest

from denoise_demo.benchmark import NOTHING, ResultsError, load_results, scores_of
from denoise_demo.benchmark.metrics import METRICS, MetricSpec, mae
from denoise_demo.corruption import NOISES
from denoise_demo.denoisers import list_denoisers
from denoise_demo.figures import MOST
from denoise_demo.figures.curves import level_curves, loss_curves


@pytest.fixture(scope="module")
def sweep():
    return {domain: load_results(domain=domain).sweep for domain in ("digits", "faces")}


def spec_of(*arguments):
    """Return a level chart as the page receives it."""
    return json.loads(level_curves(*arguments).to_json())


@pytest.mark.parametrize("kind", [kind for kind in NOISES if kind != "none"])
@pytest.mark.parametrize("metric", scores_of("digits"))
def test_curves_show_the_measured_numbers(sweep, kind, metric):
    chart = level_curves(sweep["digits"], kind, metric, ["conv-pool"], 0.5)

    values = {(v["denoiser"], v["level"]): v for v in chart.data.values}
    rows = [r for r in sweep["digits"] if r.kind == kind and r.score(metric).mean is not None]
    assert len(values) == len(rows)
    for row in rows:
        value = values[row.denoiser, row.level]
        assert (value["value"], value["low"], value["high"]) == row.score(metric)
    assert {name for name, _ in values} == {NOTHING, *list_denoisers("digits")}


def test_the_mark_is_at_the_laboratorys_level(sweep):
    with_mark, without = (
        spec_of(sweep["faces"], "poisson", "psnr", [], here)["layer"] for here in (77, None)
    )

    own = [layer["data"]["values"] for layer in with_mark if "data" in layer]
    assert own[1:] == [[{"level": 77}]] * 2
    assert len(with_mark) == len(without) + 2


def test_lines_in_colour_have_a_legend_and_the_nearest_point_a_tooltip(sweep):
    names = ["blind-digits", "median-3"]

    layers = spec_of(sweep["digits"], "gaussian", "psnr", names)["layer"]

    colours = [layer["encoding"]["color"] for layer in layers if "color" in layer["encoding"]]
    assert all(c["scale"]["domain"] == [list_denoisers()[n].label for n in names] for c in colours)
    assert colours[0]["legend"]["columns"] == {"expr": "width < 500 ? 1 : 3"}
    assert [layer["mark"]["type"] for layer in layers] == [
        "area",
        "line",
        "line",
        "area",
        "line",
        "point",
    ]
    assert [tip["field"] for tip in layers[-1]["encoding"]["tooltip"]][:3] == [
        "name",
        "level",
        "value",
    ]


def test_scores_below_doing_nothing_are_shaded(sweep):
    shade = spec_of(sweep["digits"], "uniform", "psnr", [])["layer"][0]

    shaded = {v["level"]: v["value"] for v in shade["data"]["values"]}
    rows = [r for r in sweep["digits"] if (r.denoiser, r.kind) == (NOTHING, "uniform")]
    assert shaded.pop(0) == shade["encoding"]["y"]["scale"]["domain"][1] == 40  # perfect: the top
    assert shaded == {row.level: row.score("psnr").mean for row in rows if row.level}


@pytest.mark.parametrize(
    ("kind", "scale"),
    [
        ("poisson", {"type": "log", "reverse": True, "domain": [1, 256], "nice": False}),
        ("salt-pepper", {"domain": [0, 1]}),
    ],
)
def test_noise_rises_to_the_right(sweep, kind, scale):
    assert spec_of(sweep["digits"], kind, "psnr", [])["encoding"]["x"]["scale"] == scale


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("digits", "perlin", "psnr", []), ValueError, "perlin"),
        (("digits", "uniform", "beauty", []), ValueError, "beauty"),
        (("digits", "uniform", "psnr", ["magic"]), ValueError, "magic"),
        (("digits", "uniform", "psnr", ["mean-3"] * (MOST + 1)), ValueError, "at most"),
        (("faces", "uniform", "accuracy", []), ResultsError, "no Accuracy"),
    ],
)
def test_curves_that_cannot_be_drawn_say_why(sweep, arguments, error, message):
    domain, *rest = arguments

    with pytest.raises(error, match=message):
        level_curves(sweep[domain], *rest)


def test_a_metric_that_is_not_measured_yet_says_to_run_the_benchmark(sweep, monkeypatch):
    toy = MetricSpec("Toy", "toy", "", 1, higher_is_better=True, function=mae)
    monkeypatch.setitem(METRICS, "toy", toy)

    with pytest.raises(ResultsError, match=r"no Toy for uniform noise.*run python -m denoise_demo"):
        level_curves(sweep["digits"], "uniform", "toy", [])


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_a_history_shows_both_losses_of_every_epoch(epochs):
    history = [
        {"epoch": i + 1, "train_loss": 0.5 / (i + 1), "validation_loss": 0.6 / (i + 1)}
        for i in range(epochs)
    ]

    chart = json.loads(loss_curves(history, "binary cross-entropy").to_json())

    values = {(v["of"], v["epoch"]): v["loss"] for v in chart["data"]["values"]}
    assert values == {
        (name, record["epoch"]): record[f"{name}_loss".replace("training", "train")]
        for record in history
        for name in ("training", "validation")
    }
    assert chart["layer"][0]["mark"]["point"] == (epochs < 16)
    assert chart["layer"][0]["encoding"]["y"]["title"] == "binary cross-entropy"
