"""The matrix: the gains in results.json by denoiser and case."""

import json

import pytest

from denoise_demo.benchmark import NOTHING, ResultsError, load_results
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab.matrix import gain_matrix


@pytest.fixture(scope="module")
def measured():
    return load_results()


def measured_at(measured, domain, column):
    """Return the rows of a column's case, by denoiser."""
    case = (column["kind"], column["level"])
    if column["blur_sigma"] or column["kind"] == "none":
        name = f"s0-level-{2 * column['blur_sigma']:.0f}" if column["blur_sigma"] else "clean"
        return {n: row for (n, point), row in measured.at_points(domain).items() if point == name}
    rows = [row for row in measured.sweep if row.domain == domain]
    return {row.denoiser: row for row in rows if (row.kind, row.level) == case}


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_cell_is_the_measured_gain_over_doing_nothing(measured, domain):
    matrix = gain_matrix(measured, domain)

    json.dumps(matrix, allow_nan=False)
    assert [row["id"] for row in matrix["rows"]] == list(list_denoisers(domain))
    assert matrix["missing"] == []
    for place, column in enumerate(matrix["columns"]):
        rows = measured_at(measured, domain, column)
        nothing = rows[NOTHING].score("psnr").mean
        for row in matrix["rows"]:
            cell, psnr = row["cells"][place], rows[row["id"]].score("psnr").mean
            infinite = None in (psnr, nothing)
            assert (cell["psnr"], cell["n"]) == (psnr, rows[row["id"]].n)
            assert cell["gain"] == (None if infinite else psnr - nothing)
            assert (cell["accuracy"] is None) == (domain == "faces")


def test_a_change_of_accuracy_and_what_was_trained_on_are_marked(measured):
    matrix = gain_matrix(measured, "digits")

    column = [c["title"][0] for c in matrix["columns"]].index("Clean")
    rows = {row["id"]: row["cells"] for row in matrix["rows"]}
    assert rows["dense-64"][column]["gain"] is None  # the noisy picture has infinite PSNR
    assert rows["dense-64"][column]["change"] < -0.2  # 0.62 instead of 0.975
    assert not rows["dense-64"][column]["trained"]
    assert rows["dense-1"][column]["trained"]
    assert [key for key, cells in rows.items() if all(cell["trained"] for cell in cells)] == [
        "blind-digits"
    ]


def test_a_denoiser_that_was_not_measured_is_named_and_has_no_row(measured):
    some = [row for row in measured.sweep if row.denoiser != "wavelet"]

    matrix = gain_matrix(measured.model_copy(update={"sweep": some}), "digits")

    assert matrix["missing"] == [list_denoisers()["wavelet"].label]
    assert len(matrix["rows"]) == len(list_denoisers("digits")) - 1


def test_without_results_the_message_names_the_benchmark(measured):
    with pytest.raises(ResultsError, match="no scores of faces: run python"):
        gain_matrix(measured.model_copy(update={"rows": [], "sweep": []}), "faces")
