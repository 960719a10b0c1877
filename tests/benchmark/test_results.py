"""Results on disk: saved and loaded, without rows that are out of date."""

import json
from dataclasses import replace

import pytest

from denoise_demo.benchmark import results
from denoise_demo.benchmark.metrics import scores_of
from denoise_demo.benchmark.results import load_results, save_results
from denoise_demo.benchmark.rows import (
    COMMAND,
    NOTHING,
    PointRow,
    Results,
    ResultsError,
    SweepRow,
)
from denoise_demo.corruption import NOISES, POINTS, Corruption, points
from denoise_demo.corruption.points import MIXED_POINTS
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import (
    FILTERS,
    RECIPES,
    checkpoint_path,
    list_denoisers,
    read_metadata,
)

NOISELESS = {"clean", "s0-level-0"}  # informed filters return their input there


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.json"


def row(denoiser, point="s1", domain="digits", **scores):
    return PointRow(domain=domain, denoiser=denoiser, point=point, n=10, **scores)


def results_of(rows=(), **changes):
    """Results measured with these weights at these points."""
    start = {
        "noise_seed": 0,
        "resamples": 10,
        "weights": results.weights_hashes(),
        "points": results.current_points(),
        "sweeps": results.current_sweeps(),
    }
    return Results(**start | {"rows": list(rows)} | changes)


ROWS = (
    row("conv-pool"),
    row("median-3"),
    row("median-3", "blind"),
    row("median-3", "s4-speckle", "faces"),
    row("blind-faces", "s4-speckle", "faces"),
)
SWEEP = [
    SweepRow(domain="faces", denoiser="median-3", kind=kind, level=0.5, n=10)
    for kind in ("gaussian", "speckle")
]


# Reading and writing


def test_results_survive_saving_with_one_line_per_row(path):
    written = results_of(
        [row("conv-pool", psnr=12.345, psnr_low=12.0, psnr_high=12.5)], sweep=SWEEP
    )

    save_results(written, path)

    assert load_results(path) == written
    assert sum('"denoiser"' in line for line in path.read_text("utf-8").splitlines()) == 3


def test_a_number_that_json_lacks_is_never_written(path):
    with pytest.raises(ValueError, match="JSON"):
        save_results(results_of([row("conv-pool", psnr=float("inf"))]), path)

    assert not path.exists()


def test_missing_results_say_how_to_make_them(path):
    with pytest.raises(ResultsError, match=r"results.json is missing: run python -m denoise_demo"):
        load_results(path)


@pytest.mark.parametrize(
    "change", [{"weights": 1}, {"rows": 1}, {"rows": [1]}, {"rows": [{}]}, {"points": {}}]
)
def test_damaged_results_say_how_to_make_them_again(change, path):
    save_results(results_of(ROWS), path)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")

    with pytest.raises(ResultsError, match=r"results.json is damaged: run python -m denoise_demo"):
        load_results(path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, '{"rows": ' * 50_000])
def test_a_file_that_is_not_results_is_refused(content, path):
    path.write_text(content)

    with pytest.raises(ResultsError, match="is damaged"):
        load_results(path)


# Rows out of date


def test_rows_of_changed_weights_are_left_out_and_named(path):
    hashes = results.weights_hashes() | {"conv-pool": "0" * 64}
    save_results(results_of(ROWS, weights=hashes), path)

    found = load_results(path)

    assert found.rows == [found for found in ROWS if found.denoiser != "conv-pool"]
    assert "changed weights: conv-pool" in str(found.lacks("x"))


def test_another_classifier_makes_accuracies_out_of_date_and_nothing_else(path):
    hashes = results.weights_hashes() | {"mlp-classifier": "0" * 64}
    scores = {"psnr": 12.0, "accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95}
    save_results(results_of([row("conv-pool", **scores)], weights=hashes), path)

    found = load_results(path)

    assert found.rows == [row("conv-pool", psnr=12.0)]
    assert "changed weights: mlp-classifier" in found.left_out


def test_rows_of_a_changed_point_are_left_out(path, monkeypatch):
    save_results(results_of(ROWS), path)

    monkeypatch.setitem(POINTS, "s1", replace(POINTS["s1"], level=0.8))

    found = load_results(path)
    assert found.rows == [row for row in ROWS if row.point != "s1"]
    assert "changed points: s1" in str(found.lacks("scores at s1"))
    assert COMMAND in str(found.lacks("scores at s1"))


def test_a_mixture_may_change_its_title_but_not_its_parts(path):
    blind = results.current_points()["blind"]
    titled = results.current_points() | {"blind": replace(blind, title="x")}
    shorter = results.current_points() | {"blind": replace(blind, parts=blind.parts[::-1])}

    save_results(results_of(ROWS, points=titled), path)
    assert load_results(path).rows == list(ROWS)

    save_results(results_of(ROWS, points=shorter), path)
    assert load_results(path).rows == [row for row in ROWS if row.point != "blind"]


def test_a_sweep_that_was_clipped_is_left_out(path):
    clipped = results.current_sweeps() | {"speckle": Corruption("speckle")}
    save_results(results_of(sweep=SWEEP, sweeps=clipped), path)

    assert load_results(path).sweep == SWEEP[:1]


def test_new_entries_without_results_break_nothing(path, monkeypatch):
    save_results(results_of(ROWS, sweep=SWEEP), path)

    monkeypatch.setitem(POINTS, "toy", Corruption("gaussian", 0.1))
    monkeypatch.setitem(NOISES, "toy", NOISES["gaussian"])
    monkeypatch.setitem(FILTERS, "toy", FILTERS["median-3"])
    monkeypatch.setitem(RECIPES, "toy", replace(RECIPES["conv-pool"], id="toy"))

    found = load_results(path)
    assert (found.rows, found.sweep, found.left_out) == (list(ROWS), SWEEP, [])
    assert found.rows[0].score("psnr") is None


def test_one_domain_is_read_alone(path):
    save_results(results_of(ROWS), path)

    assert load_results(path, domain="faces").rows == list(ROWS[3:])


# The shipped results


@pytest.fixture(scope="module")
def shipped():
    return load_results()


@pytest.mark.parametrize(("domain", "count"), [("digits", 10_000), ("faces", 2_394)])
def test_the_shipped_results_are_complete_and_up_to_date(shipped, domain, count):
    rows = shipped.at_points(domain)

    assert not shipped.left_out
    assert shipped.weights.keys() <= RECIPES.keys()
    assert shipped.data.keys() == DOMAINS.keys()
    names = {name for name, _ in rows}  # not those that are new and not measured yet
    measured = points(domain).keys() & shipped.points.keys()
    assert names >= {NOTHING, f"blind-{domain}", "median-3"}
    assert rows.keys() == {(name, point) for name in names for point in measured}
    slow = {row.denoiser for row in rows.values() if row.n != count}
    assert slow == {key for key, spec in list_denoisers(domain).items() if spec.slow} & names


def test_every_shipped_number_lies_in_its_interval(shipped):
    for found in [*shipped.rows, *shipped.sweep]:
        for name in scores_of(found.domain):
            score = found.score(name)
            assert score.mean is None or score.low <= score.mean <= score.high


def test_the_shipped_scores_equal_those_in_the_weight_files(shipped):
    for key, recipe in RECIPES.items():
        recorded = read_metadata(checkpoint_path(key))["metrics"]
        name, point = (key, recipe.point) if recipe.denoises else (NOTHING, "clean")
        found = shipped.at_points(recipe.domain)[name, point]
        for metric, value in recorded.items():
            assert found.score(metric).mean == pytest.approx(value, abs=2e-3)


@pytest.mark.parametrize(
    ("denoiser", "point", "metric", "least"),
    [
        ("dense-1", "clean", "psnr", 12.0),
        ("dense-2", "clean", "psnr", 12.7),
        ("dense-8", "clean", "psnr", 15.0),
        ("dense-32", "clean", "psnr", 20.5),
        ("dense-16", "s2", "psnr", 15.5),
        ("conv-flat", "s2", "psnr", 19.8),
        ("dense-64", "s1", "accuracy", 0.945),
        (NOTHING, "clean", "accuracy", 0.972),
        ("dense-300-random", "s3-random", "psnr", 18.5),
        *[("blind-digits", *least) for least in (
            ("clean", "psnr", 32), ("clean", "accuracy", 0.972),
            ("s0-train", "psnr", 20.9), ("s0-train", "accuracy", 0.95),
            ("s0-level-1", "psnr", 24.5), ("s0-level-1", "accuracy", 0.97),
            ("s0-level-2", "psnr", 19.9), ("s0-level-2", "accuracy", 0.96),
            ("s0-level-3", "psnr", 17.8), ("s0-level-3", "accuracy", 0.915),
            ("s0-level-4", "psnr", 16.3), ("s0-level-4", "accuracy", 0.845),
            ("s0-level-5", "psnr", 14.9), ("s0-level-5", "accuracy", 0.7),
            ("s1", "psnr", 23.5), ("s1", "accuracy", 0.969),
            ("s2", "psnr", 21.3), ("s2", "accuracy", 0.96),
        )],
    ],
)  # fmt: skip
def test_the_shipped_networks_are_at_least_this_good(shipped, denoiser, point, metric, least):
    assert shipped.at_points("digits")[denoiser, point].score(metric).mean >= least


def test_conv_pool_is_as_good_as_the_articles_own_network(shipped):
    assert shipped.at_points("digits")["conv-pool", "s0-train"].score("bce").mean <= 0.1262


@pytest.mark.parametrize("noise", ["gaussian", "speckle"])
def test_the_face_autoencoders_beat_doing_nothing_in_strong_noise(shipped, noise):
    rows, point = shipped.at_points("faces"), f"s4-{noise}"
    ours, nothing = rows[f"strided-conv-{noise}", point], rows[NOTHING, point]

    assert ours.score("mae").high < nothing.score("mae").low
    assert ours.score("psnr").low > nothing.score("psnr").high


@pytest.mark.parametrize("noise", ["gaussian", "poisson", "salt-pepper", "speckle"])
@pytest.mark.parametrize("rival", ["strided-conv-{}", "mean-3", "median-3", NOTHING])
def test_pix2pix_beats_every_rival_at_the_articles_noises(shipped, noise, rival):
    rows, point = shipped.at_points("faces"), f"s4-{noise}"

    best = rows[f"pix2pix-{noise}", point].score("mae").high
    assert best < rows[rival.format(noise), point].score("mae").low


def test_the_best_face_network_beats_the_articles_filters_by_three_decibels(shipped):
    rows = shipped.at_points("faces")

    def psnr(name):
        return rows[name, "s4-gaussian"].score("psnr").mean

    filters = max(psnr(f"{kind}-3") for kind in ("mean", "median", "majority"))
    assert max(psnr("pix2pix-gaussian"), psnr("strided-conv-gaussian")) >= filters + 3


@pytest.mark.parametrize(
    ("domain", "metric", "sign"),
    [("digits", "psnr", 1), ("faces", "psnr", 1), ("faces", "ssim", 1), ("faces", "mae", -1)],
)
def test_the_blind_networks_are_the_best_wherever_there_is_noise(shipped, domain, metric, sign):
    """Where a denoiser returns a picture unchanged, its PSNR is infinite and the MAE is used."""
    blind = f"blind-{domain}"
    places = {}
    for found in [*shipped.rows, *shipped.sweep]:
        if found.domain == domain:
            place = found.point if isinstance(found, PointRow) else (found.kind, found.level)
            places.setdefault(place, {})[found.denoiser] = found
    noisy = [at for at in places if at not in NOISELESS and (isinstance(at, str) or at[1] > 0)]

    trained = {part.kind for part in MIXED_POINTS["blind"].parts} - {"none"}
    assert {at[0] for at in noisy if isinstance(at, tuple)} >= trained
    noisy = [at for at in noisy if isinstance(at, str) or at[0] in trained]
    for at in noisy:
        best = places[at].pop(blind)
        for name, other in places[at].items():
            score = other.score(metric).mean
            if score is None:
                assert other.score("mae").mean > best.score("mae").mean, (at, name)
            else:
                assert sign * score < sign * best.score(metric).mean, (at, name)


def test_the_results_file_is_plain_json():
    json.loads(results.RESULTS_FILE.read_text("utf-8"), parse_constant=pytest.fail)
