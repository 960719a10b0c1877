"""The benchmark: what it measures, where it writes, and how it goes on after a stop."""

import json
from collections import Counter

import pytest

from denoise_demo import benchmark, results
from denoise_demo.benchmark import LEVELS, jobs, sweep_levels
from denoise_demo.methods import methods
from denoise_demo.noise import NOISES
from denoise_demo.recipes import POINTS

EVERYTHING = 1 + len(methods())


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A README, a results file and a file of speeds of the test's own."""
    readme, found = tmp_path / "README.md", tmp_path / "results.json"
    monkeypatch.setattr(results, "README_FILE", readme)
    monkeypatch.setattr(results, "RESULTS_FILE", found)
    monkeypatch.setattr(benchmark, "SPEED_FILE", tmp_path / "speed.json")
    readme.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n", "utf-8")
    return readme, found


@pytest.fixture
def few_scenes(monkeypatch):
    """Two points and the ends of one sweep instead of everything."""
    chosen = [job for job in jobs() if job[1].get("point") in ("clean", "s2")]
    chosen += [job for job in jobs() if job[1].get("kind") == "poisson"][:2]
    monkeypatch.setattr(benchmark, "jobs", lambda: iter(chosen))
    monkeypatch.setattr(results, "SHOWN_POINTS", ("clean", "s2"))
    monkeypatch.setattr(results, "denoisers", dict)
    monkeypatch.setattr(benchmark, "speeds", lambda device: [])


def call(fake_mnist, *arguments):
    return benchmark.main(["--data-dir", str(fake_mnist), *arguments])


# What is measured


def test_every_point_is_measured_and_a_sweep_of_every_noise():
    found = list(jobs())

    assert [where["point"] for part, where, _ in found if part == "rows"] == list(POINTS)
    swept = Counter(where["kind"] for part, where, _ in found if part == "sweep")
    assert swept == {kind: LEVELS for kind in NOISES if kind != "none"}


@pytest.mark.parametrize("spec", NOISES.values(), ids=NOISES)
def test_a_sweep_spans_the_slider_on_its_steps(spec):
    levels = sweep_levels(spec)

    assert len(set(levels)) == LEVELS
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (spec.minimum, spec.maximum)
    for level in levels:
        steps = (level - spec.minimum) / spec.step
        assert steps == pytest.approx(round(steps), abs=1e-6)


@pytest.mark.slow
def test_every_denoiser_is_measured_at_every_point_and_level(files, fake_mnist, monkeypatch):
    readme, found = files
    monkeypatch.setattr(benchmark, "LEVELS", 2)

    code = call(fake_mnist)

    written = json.loads(found.read_text("utf-8"), parse_constant=pytest.fail)
    assert code == 0
    assert len(written["rows"]) == EVERYTHING * len(POINTS)
    assert len(written["sweep"]) == EVERYTHING * 2 * (len(NOISES) - 1)
    assert written["weights"] == results.weights_hashes()
    text = readme.read_text("utf-8")
    assert results.readme_tables(written) in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    speeds = json.loads(benchmark.SPEED_FILE.read_text("utf-8"))
    [device] = speeds.values()
    assert [entry["method"] for entry in device["rows"]] == list(methods())
    assert all(entry["milliseconds"] > 0 for entry in device["rows"])


def test_a_row_says_what_was_measured_on_how_many(files, few_scenes, fake_mnist):
    call(fake_mnist)

    written = json.loads(files[1].read_text("utf-8"))
    counts = {row["method"]: row["n"] for row in written["rows"]}
    assert counts == {
        name: 4 if name != "noisy" and methods()[name].slow else 40
        for name in ("noisy", *methods())
    }
    assert {row["n"] for row in written["sweep"]} == {4}
    assert {(row["kind"], row["level"]) for row in written["sweep"]} == {
        ("poisson", level) for level in sweep_levels(NOISES["poisson"])[:2]
    }
    names = {"psnr", "ssim", "mae", "bce", "accuracy"}
    ends = {f"{name}_{end}" for name in names for end in ("low", "high")}
    assert all(row.keys() >= names | ends for row in written["rows"] + written["sweep"])


def test_two_runs_write_the_same(files, few_scenes, fake_mnist):
    call(fake_mnist)
    first = files[1].read_bytes()

    call(fake_mnist)

    assert files[1].read_bytes() == first


# Stops, and going on


@pytest.fixture
def stop_in_the_third_scene(monkeypatch):
    original, calls = benchmark.measure, []

    def measure(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(benchmark, "measure", measure)
    return calls


def test_a_stopped_run_goes_on_to_the_same_results(
    files, few_scenes, fake_mnist, stop_in_the_third_scene, capsys
):
    readme, found = files

    stopped = call(fake_mnist)
    assert stopped == 130
    assert "--resume" in capsys.readouterr().err
    assert not found.exists()
    assert "old" in readme.read_text("utf-8")

    assert call(fake_mnist, "--resume") == 0
    resumed = found.read_bytes()
    assert len(stop_in_the_third_scene) == 3 + 2  # the third again, and the fourth

    assert call(fake_mnist) == 0
    assert found.read_bytes() == resumed
    assert not found.with_suffix(".partial.json").exists()


def test_without_resume_a_stopped_run_is_started_again(
    files, few_scenes, fake_mnist, stop_in_the_third_scene
):
    call(fake_mnist)

    assert call(fake_mnist) == 0

    assert len(stop_in_the_third_scene) == 3 + 4


def test_resume_refuses_what_was_measured_with_other_weights(
    files, few_scenes, fake_mnist, stop_in_the_third_scene, capsys
):
    call(fake_mnist)
    partial = files[1].with_suffix(".partial.json")
    content = json.loads(partial.read_text("utf-8"))
    content["weights"]["dense-8"] = "0" * 64
    partial.write_text(json.dumps(content), "utf-8")
    capsys.readouterr()

    code = call(fake_mnist, "--resume")

    assert code == 1
    message = capsys.readouterr().err
    assert "other weights (dense-8)" in message
    assert len(message.splitlines()) == 1
    assert json.loads(partial.read_text("utf-8")) == content


def test_resume_refuses_what_was_measured_at_other_points(
    files, few_scenes, fake_mnist, stop_in_the_third_scene, capsys
):
    call(fake_mnist)
    partial = files[1].with_suffix(".partial.json")
    partial.write_text(partial.read_text("utf-8").replace('"s2"', '"s9"'), "utf-8")
    capsys.readouterr()

    code = call(fake_mnist, "--resume")

    assert code == 1
    assert "other methods or points: leave out --resume" in capsys.readouterr().err


def test_what_is_written_into_the_readme_meanwhile_stays(
    files, few_scenes, fake_mnist, monkeypatch
):
    readme, original = files[0], benchmark.measure

    def measure(*arguments):
        readme.write_text(readme.read_text("utf-8").replace("after", "edited"), "utf-8")
        return original(*arguments)

    monkeypatch.setattr(benchmark, "measure", measure)

    assert call(fake_mnist) == 0
    assert readme.read_text("utf-8").endswith("edited\n")


def test_a_stop_while_the_speeds_are_taken_loses_nothing(
    files, few_scenes, fake_mnist, monkeypatch
):
    def stop(device):
        raise KeyboardInterrupt

    taken = benchmark.speeds
    monkeypatch.setattr(benchmark, "speeds", stop)
    assert call(fake_mnist) == 130
    monkeypatch.setattr(benchmark, "speeds", taken)
    monkeypatch.setattr(benchmark, "measure", lambda *arguments: pytest.fail("measured again"))

    assert call(fake_mnist, "--resume") == 0
    assert files[1].exists()


def test_a_gpu_that_fails_is_one_clear_line(files, few_scenes, fake_mnist, monkeypatch, capsys):
    def fail(device):
        raise RuntimeError("CUDA error: device lost")

    monkeypatch.setattr(benchmark, "speeds", fail)

    assert call(fake_mnist) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "benchmark: the GPU fails (CUDA error: device lost); go on with --resume"
    )


def test_damaged_speeds_are_one_clear_line(files, few_scenes, fake_mnist, capsys):
    benchmark.SPEED_FILE.write_text("{", "utf-8")

    assert call(fake_mnist) == 1
    assert "speed.json is damaged" in capsys.readouterr().err


def test_a_readme_without_a_place_for_the_tables_is_refused_before_measuring(files, capsys):
    readme, found = files
    readme.write_text("nothing here", "utf-8")

    code = benchmark.main([])

    assert code == 1
    assert "no place for the tables" in capsys.readouterr().err
    assert not found.exists()


def test_speeds_on_another_device_are_kept(files, monkeypatch):
    import torch

    monkeypatch.setattr(benchmark, "speeds", lambda device: [{"method": "x"}])
    benchmark.SPEED_FILE.write_text('{"NVIDIA H200": {"rows": []}}', "utf-8")

    benchmark.save_speeds(torch.device("cpu"))

    written = json.loads(benchmark.SPEED_FILE.read_text("utf-8"))
    assert written.pop("NVIDIA H200") == {"rows": []}
    [here] = written.values()
    assert here["rows"] == [{"method": "x"}]
