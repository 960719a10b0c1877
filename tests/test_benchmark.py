"""The benchmark: what it measures, and where it writes."""

import json

import pytest

from denoise_demo import benchmark
from denoise_demo.recipes import POINTS, denoisers


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A README and a results file of the test's own."""
    readme, results = tmp_path / "README.md", tmp_path / "results.json"
    monkeypatch.setattr(benchmark, "README_FILE", readme)
    monkeypatch.setattr(benchmark, "RESULTS_FILE", results)
    return readme, results


def test_every_method_is_measured_at_every_point_and_the_readme_shows_it(files, fake_mnist):
    readme, results = files
    readme.write_text(f"before\n{benchmark.BEGIN}\nold\n{benchmark.END}\nafter\n", "utf-8")

    code = benchmark.main(["--data-dir", str(fake_mnist)])

    written = json.loads(results.read_text("utf-8"), parse_constant=pytest.fail)
    assert code == 0
    assert len(written["rows"]) == (1 + len(denoisers())) * len(POINTS)
    text = readme.read_text("utf-8")
    assert benchmark.readme_table(written) in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")


def test_two_runs_write_the_same(files, fake_mnist):
    readme, results = files
    readme.write_text(f"{benchmark.BEGIN}{benchmark.END}", "utf-8")

    benchmark.main(["--data-dir", str(fake_mnist)])
    first = results.read_bytes()
    benchmark.main(["--data-dir", str(fake_mnist)])

    assert results.read_bytes() == first


def test_a_readme_without_a_place_for_the_table_is_refused_before_measuring(files, capsys):
    readme, results = files
    readme.write_text("nothing here", "utf-8")

    code = benchmark.main([])

    assert code == 1
    assert "no place for the table" in capsys.readouterr().err
    assert not results.exists()
