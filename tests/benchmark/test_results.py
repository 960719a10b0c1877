"""The benchmark's results on disk: of these weights, or refused; and the README's tables."""

import json
from collections import defaultdict

import pytest

from denoise_demo.benchmark import results
from denoise_demo.benchmark.results import ResultsError, load_results, readme_tables, save_results
from denoise_demo.corruption.noise import NOISES
from denoise_demo.corruption.points import POINTS, points
from denoise_demo.data.domains import DOMAINS
from denoise_demo.denoisers import checkpoints
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.denoisers.checkpoints import CheckpointError
from denoise_demo.denoisers.recipes import RECIPES


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.json"


@pytest.fixture
def good():
    """Results of these weights, without a row."""
    return {
        "noise_seed": 0,
        "weights": results.weights_hashes(),
        "rows": [],
        "sweep": [],
        "article": [],
        "calibration": [],
    }


def row(method, point, psnr, accuracy=0.5, *, domain="digits", mae=0.25):
    return {
        "domain": domain,
        "method": method,
        "point": point,
        "n": 10,
        "psnr": psnr,
        "psnr_low": psnr and psnr - 0.25,
        "psnr_high": psnr and psnr + 0.25,
        "accuracy": accuracy,
        "mae": mae,
        **dict.fromkeys(("mae_low", "mae_high", "ssim", "ssim_low", "ssim_high"), 0.1),
        **dict.fromkeys(("bce", "bce_low", "bce_high"), 0.2),
    }


@pytest.fixture
def measured():
    """Results with a row for everything, all alike."""
    return {
        "rows": [
            row(name, point, 10.0, domain=domain)
            for domain in DOMAINS
            for name in ("noisy", *list_denoisers(domain))
            for point in points(domain)
        ]
    }


# Reading and writing


def test_results_come_back_as_they_were_written(good, path):
    good["rows"] = [row("conv-pool", "s1", 12.345), row("noisy", "clean", None)]

    save_results(good, path)

    assert load_results(path) == good


def test_every_row_has_a_line_of_its_own(good, path):
    good["rows"] = [row("conv-pool", point, 1.0) for point in POINTS]

    save_results(good, path)

    lines = path.read_text("utf-8").splitlines()
    assert sum('"method"' in line for line in lines) == len(POINTS)


def test_a_number_json_does_not_know_is_never_written(good, path):
    good["rows"] = [row("conv-pool", "s1", float("inf"))]

    with pytest.raises(ValueError, match="JSON"):
        save_results(good, path)

    assert not path.exists()


def test_missing_results_say_how_to_make_them(path):
    with pytest.raises(ResultsError, match=r"results.json is missing: run python -m denoise_demo"):
        load_results(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"weights": {}}',
        '{"weights": {}, "rows": 1, "sweep": []}',
        '{"weights": {}, "rows": [1], "sweep": []}',
        '{"weights": 1, "rows": [], "sweep": []}',
        '{"weights": [], "rows": []}',
        '{"weights": {}, "rows": [], "sweep": []}',
        '{"weights": {}, "rows": [{}], "sweep": [], "article": [], "calibration": []}',
    ],
)
def test_damaged_results_say_how_to_make_them_again(content, path):
    path.write_text(content)

    with pytest.raises(ResultsError, match=r"results.json is damaged: run python -m denoise_demo"):
        load_results(path)


def test_results_of_other_weights_are_refused_naming_them(good, path):
    good["weights"]["dense-2"] = "0" * 64
    save_results(good, path)

    with pytest.raises(ResultsError, match=r"with other weights \(dense-2\): run"):
        load_results(path)


def test_missing_weights_are_one_clear_error(untrained_weights):
    untrained_weights.joinpath("dense-8.safetensors").unlink()

    with pytest.raises(CheckpointError, match=r"dense-8\.safetensors is missing"):
        results.weights_hashes(untrained_weights)


# The shipped results


def test_the_shipped_results_are_of_the_shipped_weights_and_complete():
    shipped = load_results()

    assert shipped["weights"].keys() == RECIPES.keys()
    for domain, count in (("digits", 10_000), ("faces", 2_394)):
        rows = [row for row in shipped["rows"] if row["domain"] == domain]
        assert {(row["method"], row["point"]) for row in rows} == {
            (name, point) for name in ["noisy", *list_denoisers(domain)] for point in points(domain)
        }
        slow = {row["method"] for row in rows if row["n"] != count}
        assert slow == {key for key, method in list_denoisers(domain).items() if method.slow}


def test_every_shipped_number_lies_in_its_interval():
    shipped = load_results()

    for found in [*shipped["rows"], *shipped["sweep"]]:
        for name in ("psnr", "ssim", "mae", "bce", "accuracy")[: 4 + (found["domain"] == "digits")]:
            low, value, high = (found[key] for key in (f"{name}_low", name, f"{name}_high"))
            assert value is None or low <= value <= high


def test_the_readme_shows_the_shipped_results():
    readme = results.README_FILE.read_text("utf-8")

    assert readme_tables(load_results()) in readme


def test_the_shipped_scores_are_those_in_the_weight_files():
    rows = {(r["domain"], r["method"], r["point"]): r for r in load_results()["rows"]}

    for key, recipe in RECIPES.items():
        recorded = checkpoints.read_metadata(checkpoints.checkpoint_path(key))["metrics"]
        method, point = (key, recipe.point) if recipe.denoises else ("noisy", "clean")
        shown = rows[recipe.domain, method, point]
        for name, value in recorded.items():
            assert shown[name] == pytest.approx(value, abs=2e-3)


@pytest.mark.parametrize(
    ("method", "point", "metric", "least"),
    [
        ("dense-1", "clean", "psnr", 12.0),
        ("dense-2", "clean", "psnr", 12.7),
        ("dense-8", "clean", "psnr", 15.0),
        ("dense-32", "clean", "psnr", 20.5),
        ("dense-16", "s2", "psnr", 15.5),
        ("conv-flat", "s2", "psnr", 19.8),
        ("dense-64", "s1", "accuracy", 0.945),
        ("noisy", "clean", "accuracy", 0.972),
        ("dense-300-random", "s3-random", "psnr", 18.5),
    ],
)
def test_the_shipped_networks_are_as_good_as_the_articles(method, point, metric, least):
    (found,) = [
        r
        for r in load_results(domain="digits")["rows"]
        if (r["method"], r["point"]) == (method, point)
    ]

    assert found[metric] >= least


def test_conv_pool_is_as_good_as_the_articles_own_network():
    (found,) = [
        r for r in load_results()["rows"] if (r["method"], r["point"]) == ("conv-pool", "s0-train")
    ]

    assert found["bce"] <= 0.1262


@pytest.fixture(scope="module")
def face_scores():
    """The shipped numbers for faces: (method, point, metric) -> value, low or high end."""
    rows = {(r["method"], r["point"]): r for r in load_results(domain="faces")["rows"]}
    return lambda method, point, metric: rows[method, point][metric]


@pytest.mark.parametrize("noise", ["gaussian", "speckle"])
def test_the_face_autoencoders_win_over_doing_nothing_in_strong_noise(noise, face_scores):
    point, name = f"s4-{noise}", f"strided-conv-{noise}"

    assert face_scores(name, point, "mae_high") < face_scores("noisy", point, "mae_low")
    assert face_scores(name, point, "psnr_low") > face_scores("noisy", point, "psnr_high")


@pytest.mark.parametrize("noise", ["gaussian", "poisson", "salt-pepper", "speckle"])
@pytest.mark.parametrize("rival", ["strided-conv", "mean-3", "median-3", "noisy"])
def test_pix2pix_wins_over_every_rival_at_the_articles_noises(noise, rival, face_scores):
    point = f"s4-{noise}"
    rival = f"{rival}-{noise}" if rival == "strided-conv" else rival

    best = face_scores(f"pix2pix-{noise}", point, "mae_high")
    assert best < face_scores(rival, point, "mae_low")


def test_the_best_face_network_wins_by_three_decibels_over_the_articles_filters(face_scores):
    filters = [
        face_scores(f"{kind}-3", "s4-gaussian", "psnr") for kind in ("mean", "median", "majority")
    ]
    best = max(
        face_scores(f"{kind}-gaussian", "s4-gaussian", "psnr")
        for kind in ("pix2pix", "strided-conv")
    )

    assert best >= max(filters) + 3


NOISELESS = {"clean", "s0-level-0"}  # there a filter that is told so returns its input


def test_the_blind_network_of_digits_is_better_than_all_others_at_every_noisy_point():
    """Where a method returns some picture untouched and exact, its mean PSNR says nothing."""
    rows = {(r["method"], r["point"]): r for r in load_results(domain="digits")["rows"]}
    others = {"noisy", *list_denoisers("digits")} - {"blind-digits"}

    for point in points("digits").keys() - NOISELESS:
        best = rows["blind-digits", point]
        for name in others:
            other = rows[name, point]
            if other["psnr"] is None:
                assert other["mae"] > best["mae"], (name, point)
            else:
                assert other["psnr"] < best["psnr"], (name, point)


def test_the_blind_network_of_faces_is_better_than_all_others_at_every_noisy_point():
    rows = {(r["method"], r["point"]): r for r in load_results(domain="faces")["rows"]}
    others = {"noisy", *list_denoisers("faces")} - {"blind-faces"}

    for point in points("faces").keys() - NOISELESS:
        best = rows["blind-faces", point]
        for name in others:
            other = rows[name, point]
            assert other["psnr"] < best["psnr"], (name, point)
            assert other["ssim"] < best["ssim"], (name, point)
            assert other["mae"] > best["mae"], (name, point)


@pytest.mark.parametrize(
    ("domain", "metric", "sign"),
    [("digits", "psnr", 1), ("faces", "psnr", 1), ("faces", "ssim", 1), ("faces", "mae", -1)],
)
def test_the_blind_networks_are_better_than_all_others_at_every_level_of_every_noise(
    domain, metric, sign
):
    levels = defaultdict(dict)
    for row in load_results(domain=domain)["sweep"]:
        levels[row["kind"], row["level"]][row["method"]] = row
    noisy = [at for at in levels if at[1] > 0]

    assert {kind for kind, _ in noisy} == NOISES.keys() - {"none"}
    for at in noisy:
        best = sign * levels[at].pop(f"blind-{domain}")[metric]
        assert all(sign * row[metric] < best for row in levels[at].values()), at


@pytest.mark.parametrize(
    ("point", "decibels", "accuracy"),
    [
        ("clean", 32, 0.972),
        ("s0-train", 20.9, 0.95),
        ("s0-level-1", 24.5, 0.97),
        ("s0-level-2", 19.9, 0.96),
        ("s0-level-3", 17.8, 0.915),
        ("s0-level-4", 16.3, 0.845),
        ("s0-level-5", 14.9, 0.7),
        ("s1", 23.5, 0.969),
        ("s2", 21.3, 0.96),
    ],
)
def test_the_blind_network_of_digits_is_as_good_as_it_was(point, decibels, accuracy):
    [found] = [
        r
        for r in load_results(domain="digits")["rows"]
        if (r["method"], r["point"]) == ("blind-digits", point)
    ]

    assert found["psnr"] >= decibels
    assert found["accuracy"] >= accuracy


# The tables


def test_the_first_table_shows_each_network_at_its_own_point(measured):
    for found in measured["rows"]:
        if (found["method"], found["point"]) == ("dense-64", "s1"):
            found.update(row("dense-64", "s1", 19.25, 0.9514))

    [line] = [text for text in readme_tables(measured).splitlines() if "| `dense-64` | S1" in text]

    assert "| 10.00 → 19.25 ± 0.25 |" in line
    assert "| 0.500 → 0.951 |" in line


def test_an_infinite_psnr_is_shown_as_such(measured):
    for found in measured["rows"]:
        if (found["method"], found["point"]) == ("noisy", "clean"):
            found.update(row("noisy", "clean", None, domain=found["domain"]))

    tables = readme_tables(measured)

    doing_nothing, _ = [text for text in tables.splitlines() if "doing nothing" in text]
    [dense_2] = [text for text in tables.splitlines() if "| `dense-2` | S2" in text]
    assert "| **∞** / **0.500** |" in doing_nothing
    assert "| ∞ → 10.00 ± 0.25 |" in dense_2


def test_what_is_not_measured_yet_has_no_line(measured):
    new = ("dense-2", "median-3")
    measured["rows"] = [r for r in measured["rows"] if r["method"] not in new]

    tables = readme_tables(measured)

    assert "`dense-1`" in tables
    assert not any(f"`{name}`" in tables for name in new)


def test_the_second_table_marks_the_best_and_the_rows_on_fewer_images(measured):
    for found in measured["rows"]:
        if (found["method"], found["point"]) == ("wiener", "s2"):
            found.update(row("wiener", "s2", 11.0, 0.4), n=2)

    line, _ = [text for text in readme_tables(measured).splitlines() if "`wiener`" in text]

    assert "| **11.00** / 0.400 ¹ |" in line


def test_of_faces_the_least_error_is_marked(measured):
    for found in measured["rows"]:
        if (found["domain"], found["method"], found["point"]) == ("faces", "wiener", "s4-speckle"):
            found.update(row("wiener", "s4-speckle", 9.0, domain="faces", mae=0.125))

    _, line = [text for text in readme_tables(measured).splitlines() if "`wiener`" in text]

    assert line.endswith("| 9.00 / **0.12500** |")


def test_results_of_one_domain_are_read_alone(good, path):
    good["rows"] = [row("noisy", "clean", 1.0), row("noisy", "clean", 2.0, domain="faces")]
    good["weights"]["dense-2"] = "0" * 64  # of the other domain
    save_results(good, path)

    assert [found["psnr"] for found in load_results(path, domain="faces")["rows"]] == [2.0]
    with pytest.raises(ResultsError, match="dense-2"):
        load_results(path, domain="digits")


def test_a_readme_without_a_place_for_the_tables_is_refused():
    with pytest.raises(ValueError, match="no place for the tables"):
        results.around_tables("nothing here")


def test_the_results_file_is_plain_json():
    json.loads(results.RESULTS_FILE.read_text("utf-8"), parse_constant=pytest.fail)
