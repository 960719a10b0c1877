"""The benchmark: what it measures, where it writes, and how it goes on after a stop."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from denoise_demo.benchmark import results, suite
from denoise_demo.benchmark.evaluation import GROUPS
from denoise_demo.benchmark.suite import CALIBRATED, LEVELS, jobs, sweep_levels
from denoise_demo.corruption.mixture import Corruption
from denoise_demo.corruption.noise import NOISES
from denoise_demo.corruption.points import points
from denoise_demo.data import faces
from denoise_demo.data.domains import DOMAINS
from denoise_demo.denoisers.catalog import list_denoisers


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A README, a results file and a file of speeds of the test's own."""
    readme, found = tmp_path / "README.md", tmp_path / "results.json"
    monkeypatch.setattr(results, "README_FILE", readme)
    monkeypatch.setattr(results, "RESULTS_FILE", found)
    monkeypatch.setattr(suite, "SPEED_FILE", tmp_path / "speed.json")
    readme.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n", "utf-8")
    return readme, found


@pytest.fixture
def fake_data(no_mnist, expect_mnist, make_digits, write_mnist, tmp_path, monkeypatch):  # noqa: PLR0917
    """A folder with 12 fake digits to test on, and 48 fake faces, 12 of them to test on."""
    train, test = make_digits(20), make_digits(12, seed=1)
    expect_mnist(train, test)
    folder = write_mnist(tmp_path / "data", train, test)
    monkeypatch.setattr(faces, "cache_dir", lambda name: tmp_path / "cache" / name)
    (folder / "faces").mkdir()
    for number in range(48):
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "faces" / f"{number:03}.png")
    return folder


@pytest.fixture
def few_scenes(monkeypatch):
    """Two points of each domain and the ends of one sweep instead of everything."""
    wanted = {"digits": ("clean", "s2"), "faces": ("s4-gaussian", "s4-speckle")}
    chosen = {domain: [] for domain in DOMAINS}
    for domain, names in wanted.items():
        chosen[domain] += [job for job in jobs(domain) if job.where.get("point") in names]
        chosen[domain] += [job for job in jobs(domain) if job.where.get("kind") == "poisson"][:2]
        shown = results.SHOWN[domain]
        monkeypatch.setitem(results.SHOWN, domain, replace(shown, points=names))
    monkeypatch.setattr(suite, "jobs", lambda domain: iter(chosen[domain]))
    monkeypatch.setattr(results, "denoising_recipes", lambda domain: {})
    monkeypatch.setattr(suite, "speeds", lambda device: [])


def call(folder, *arguments):
    return suite.main(["--data-dir", str(folder), *arguments])


# What is measured


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_point_is_measured_and_a_sweep_of_every_noise(domain):
    found = list(jobs(domain))

    at_points = [job.where["point"] for job in found if job.part == "rows"]
    assert at_points == list(points(domain))
    swept = Counter(job.where["kind"] for job in found if job.part == "sweep")
    assert swept == {kind: LEVELS for kind in NOISES if kind != "none"}


@pytest.mark.parametrize("domain", DOMAINS)
def test_doing_nothing_and_every_denoiser_of_the_domain_have_a_row(domain):
    job = next(jobs(domain))

    names = [head["method"] for head in job.heads]
    assert names == ["noisy", *list_denoisers(domain)]
    assert ("conv-pool" in names) == (domain == "digits")
    assert ("pix2pix-poisson" in names) == (domain == "faces")
    assert {head["domain"] for head in job.heads} == {domain}


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
def test_every_denoiser_is_measured_at_every_point_and_level(files, fake_data, monkeypatch):
    readme, found = files
    for name, number in {"LEVELS": 2, "ENOUGH": 4, "BATCH": 20}.items():
        monkeypatch.setattr(suite, name, number)

    code = call(fake_data)

    written = json.loads(found.read_text("utf-8"), parse_constant=pytest.fail)
    assert code == 0
    for domain in DOMAINS:
        everything = 1 + len(list_denoisers(domain))
        rows, sweep = (
            [row for row in written[part] if row["domain"] == domain] for part in ("rows", "sweep")
        )
        assert len(rows) == everything * len(points(domain))
        assert len(sweep) == everything * 2 * (len(NOISES) - 1)
    assert written["weights"] == results.weights_hashes()
    text = readme.read_text("utf-8")
    assert results.readme_tables(written) in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    speeds = json.loads(suite.SPEED_FILE.read_text("utf-8"))
    [device] = speeds.values()
    assert [entry["method"] for entry in device["rows"]] == list(list_denoisers())
    assert all(entry["milliseconds"] > 0 for entry in device["rows"])


def test_a_row_says_what_was_measured_on_how_many(files, few_scenes, fake_data, monkeypatch):
    monkeypatch.setattr(suite, "ENOUGH", 4)

    call(fake_data)

    written = json.loads(files[1].read_text("utf-8"))
    counts = {row["method"]: row["n"] for row in written["rows"]}
    assert counts == {
        name: 4 if name != "noisy" and list_denoisers()[name].slow else 12
        for name in ("noisy", *list_denoisers())
    }
    assert {row["n"] for row in written["sweep"]} == {2}
    assert {(row["kind"], row["level"]) for row in written["sweep"]} == {
        ("poisson", level) for level in sweep_levels(NOISES["poisson"])[:2]
    }
    for row in written["rows"] + written["sweep"]:
        names = {"psnr", "ssim", "mae", "bce"}
        ends = {f"{name}_{end}" for name in names for end in ("low", "high")}
        assert row.keys() >= names | ends
        assert ("accuracy" in row) == (row["domain"] == "digits")


def test_networks_that_say_how_sure_they_are_have_a_calibration(files, few_scenes, fake_data):
    call(fake_data)

    rows = json.loads(files[1].read_text("utf-8"))["calibration"]
    assert [(row["method"], row["point"]) for row in rows] == [
        (f"blind-{domain}", point) for domain in DOMAINS for point in CALIBRATED[domain]
    ]
    for row in rows:
        assert row["expected"] == sorted(row["expected"])
        assert len(row["expected"]) == len(row["actual"]) == GROUPS
        assert min(row["expected"] + row["actual"]) >= 0


def test_two_runs_write_the_same(files, few_scenes, fake_data):
    call(fake_data)
    first = files[1].read_bytes()

    call(fake_data)

    assert files[1].read_bytes() == first


# Stops, and going on


@pytest.fixture
def stop_in_the_third_scene(monkeypatch):
    original, calls = suite.measure, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(suite, "measure", interrupted)
    return calls


def test_a_stopped_run_goes_on_to_the_same_results(
    files, few_scenes, fake_data, stop_in_the_third_scene, capsys
):
    readme, found = files

    stopped = call(fake_data)
    assert stopped == 130
    assert "--resume" in capsys.readouterr().err
    assert not found.exists()
    assert "old" in readme.read_text("utf-8")

    assert call(fake_data, "--resume") == 0
    resumed = found.read_bytes()
    assert len(stop_in_the_third_scene) == 3 + 6  # the third again, the fourth, and the faces

    assert call(fake_data) == 0
    assert found.read_bytes() == resumed
    assert not found.with_suffix(".partial.json").exists()


def test_without_resume_a_stopped_run_is_started_again(
    files, few_scenes, fake_data, stop_in_the_third_scene
):
    call(fake_data)

    assert call(fake_data) == 0

    assert len(stop_in_the_third_scene) == 3 + 8


def test_resume_refuses_what_was_measured_with_other_weights(
    files, few_scenes, fake_data, stop_in_the_third_scene, capsys
):
    call(fake_data)
    partial = files[1].with_suffix(".partial.json")
    content = json.loads(partial.read_text("utf-8"))
    content["weights"]["dense-8"] = "0" * 64
    partial.write_text(json.dumps(content), "utf-8")
    capsys.readouterr()

    code = call(fake_data, "--resume")

    assert code == 1
    message = capsys.readouterr().err
    assert "other weights (dense-8)" in message
    assert len(message.splitlines()) == 1
    assert json.loads(partial.read_text("utf-8")) == content


def test_resume_refuses_what_was_measured_at_other_points(  # noqa: PLR0917
    files, few_scenes, fake_data, stop_in_the_third_scene, capsys, monkeypatch
):
    call(fake_data)
    capsys.readouterr()
    stronger = [
        replace(job, corruption=Corruption("gaussian", 0.9)) for job in suite.jobs("digits")
    ]
    monkeypatch.setattr(suite, "jobs", lambda domain: iter(stronger))

    code = call(fake_data, "--resume")

    assert code == 1
    assert "other methods, points or pictures: leave out --resume" in capsys.readouterr().err


def test_resume_refuses_what_was_measured_on_other_pictures(
    files, few_scenes, fake_data, stop_in_the_third_scene, capsys
):
    call(fake_data)
    capsys.readouterr()
    (fake_data / "faces" / "000.png").unlink()

    code = call(fake_data, "--resume")

    assert code == 1
    assert "other methods, points or pictures: leave out --resume" in capsys.readouterr().err


def test_one_domain_is_measured_alone_and_the_other_ones_rows_stay(files, few_scenes, fake_data):
    call(fake_data)
    before = json.loads(files[1].read_text("utf-8"))
    for row in before["rows"]:
        row["psnr"] = 99.0
    files[1].write_text(json.dumps(before), "utf-8")

    assert call(fake_data, "--domain", "faces") == 0

    after = json.loads(files[1].read_text("utf-8"))["rows"]
    assert len(after) == len(before["rows"])
    assert {row["domain"] for row in after if row["psnr"] == 99.0} == {"digits"}
    assert all((row["psnr"] == 99.0) == (row["domain"] == "digits") for row in after)


def test_one_domain_alone_needs_results_of_the_other(files, few_scenes, fake_data, capsys):
    assert call(fake_data, "--domain", "faces") == 1
    assert "results.json is missing" in capsys.readouterr().err


def test_without_faces_the_benchmark_says_what_to_do(files, few_scenes, fake_data, capsys):
    for path in (fake_data / "faces").iterdir():
        path.unlink()

    assert call(fake_data) == 1
    assert "face pictures with --data-dir" in capsys.readouterr().err


def test_what_is_written_into_the_readme_meanwhile_stays(files, few_scenes, fake_data, monkeypatch):
    readme, original = files[0], suite.measure

    def interrupted(*arguments):
        readme.write_text(readme.read_text("utf-8").replace("after", "edited"), "utf-8")
        return original(*arguments)

    monkeypatch.setattr(suite, "measure", interrupted)

    assert call(fake_data) == 0
    assert readme.read_text("utf-8").endswith("edited\n")


def test_a_stop_while_the_speeds_are_taken_loses_nothing(files, few_scenes, fake_data, monkeypatch):
    def stop(device):
        raise KeyboardInterrupt

    taken = suite.speeds
    monkeypatch.setattr(suite, "speeds", stop)
    assert call(fake_data) == 130
    monkeypatch.setattr(suite, "speeds", taken)
    monkeypatch.setattr(suite, "measure", lambda *arguments: pytest.fail("measured again"))

    assert call(fake_data, "--resume") == 0
    assert files[1].exists()


def test_a_gpu_that_fails_is_one_clear_line(files, few_scenes, fake_data, monkeypatch, capsys):
    def fail(device):
        raise RuntimeError("CUDA error: device lost")

    monkeypatch.setattr(suite, "speeds", fail)

    assert call(fake_data) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "benchmark: the GPU fails (CUDA error: device lost); go on with --resume"
    )


def test_damaged_speeds_are_one_clear_line(files, few_scenes, fake_data, capsys):
    suite.SPEED_FILE.write_text("{", "utf-8")

    assert call(fake_data) == 1
    assert "speed.json is damaged" in capsys.readouterr().err


def test_a_readme_without_a_place_for_the_tables_is_refused_before_measuring(files, capsys):
    readme, found = files
    readme.write_text("nothing here", "utf-8")

    code = suite.main([])

    assert code == 1
    assert "no place for the tables" in capsys.readouterr().err
    assert not found.exists()


def test_speeds_on_another_device_are_kept(files, monkeypatch):
    import torch

    monkeypatch.setattr(suite, "speeds", lambda device: [{"method": "x"}])
    suite.SPEED_FILE.write_text('{"NVIDIA H200": {"rows": []}}', "utf-8")

    suite.save_speeds(torch.device("cpu"))

    written = json.loads(suite.SPEED_FILE.read_text("utf-8"))
    assert written.pop("NVIDIA H200") == {"rows": []}
    [here] = written.values()
    assert here["rows"] == [{"method": "x"}]
