"""The benchmark: its jobs, its files, and resuming a stopped run."""

import json
from collections import Counter
from dataclasses import replace

import pytest
import torch

from denoise_demo.benchmark import NOTHING, ResultsError, load_results, speed, suite
from denoise_demo.benchmark.__main__ import main
from denoise_demo.benchmark.evaluation import GROUPS
from denoise_demo.benchmark.metrics import METRICS, MetricSpec, mae
from denoise_demo.benchmark.suite import ENOUGH, LEVELS, Job, jobs, sweep_levels
from denoise_demo.corruption import NOISES, POINTS, Corruption, points
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import FILTERS, list_denoisers


@pytest.fixture
def images(digits, faces):
    return {"digits": digits[:12], "faces": faces[:12]}


# Jobs


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_point_and_a_sweep_of_every_noise_are_measured_with_every_denoiser(domain):
    found = list(jobs(domain))

    assert [job.where["point"] for job in found if job.part == "rows"] == list(points(domain))
    swept = Counter(job.where["kind"] for job in found if job.part == "sweep")
    assert swept == {kind: LEVELS for kind in NOISES if kind != "none"}
    assert {job.domain for job in found} == {domain}
    assert all(job.denoisers == [NOTHING, *list_denoisers(domain)] for job in found)


@pytest.mark.parametrize("spec", NOISES.values(), ids=NOISES)
def test_a_sweep_spans_the_slider_on_its_steps(spec):
    levels = sweep_levels(spec)

    assert len(set(levels)) == LEVELS
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (spec.minimum, spec.maximum)
    for level in levels:
        steps = (level - spec.minimum) / spec.step
        assert steps == pytest.approx(round(steps), abs=1e-6)


@pytest.fixture
def toys(monkeypatch):
    """One more metric, point, noise and filter."""
    toy = MetricSpec("Toy", "toy", "", 1, higher_is_better=True, function=mae)
    monkeypatch.setitem(METRICS, "toy", toy)
    monkeypatch.setitem(POINTS, "s4-toy", Corruption("toy", 0.1))
    monkeypatch.setitem(NOISES, "toy", NOISES["gaussian"])
    monkeypatch.setitem(FILTERS, "toy", FILTERS["mean-3"])


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("domain", DOMAINS)
def test_new_entries_are_measured_automatically(domain, images, tmp_path):
    [job] = [job for job in jobs(domain) if job.where.get("point") == "s4-toy"]

    done = suite.run([job], images, tmp_path / "partial.json", resume=False)

    assert sum(job.where.get("kind") == "toy" for job in jobs(domain)) == LEVELS
    assert done.at_points(domain)["toy", "s4-toy"].score("toy").mean > 0


def test_rows_say_what_was_measured_on_how_many(images, tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "ENOUGH", 4)
    todo = [
        Job("rows", "digits", {"point": "s2"}, POINTS["s2"]),
        Job("sweep", "faces", {"kind": "gaussian", "level": 0.5}, Corruption("gaussian", 0.5)),
    ]

    done = suite.run(todo, images, tmp_path / "partial.json", resume=False)

    slow = {name for name, spec in list_denoisers("digits").items() if spec.slow}
    assert {row.denoiser: row.n for row in done.rows} == {
        name: 4 if name in slow else 12 for name in todo[0].denoisers
    }
    assert {row.n for row in done.sweep} == {2}
    assert [row.denoiser for row in done.sweep] == todo[1].denoisers
    for row in [*done.rows, *done.sweep]:
        assert all(row.score(name) for name in METRICS)
        assert (row.score("accuracy") is not None) == (row.domain == "digits")
    assert ENOUGH == 1000


def test_networks_that_expect_an_error_are_calibrated_at_some_points(images):
    rows = [row for domain in DOMAINS for row in suite.calibrations(domain, images[domain])]

    assert [(row.denoiser, row.point) for row in rows] == [
        (f"blind-{domain}", point) for domain in DOMAINS for point in suite.CALIBRATED[domain]
    ]
    for row in rows:
        assert row.expected == sorted(row.expected)
        assert len(row.expected) == len(row.actual) == GROUPS
        assert min(row.expected + row.actual) >= 0


# Resuming


class Stop(Corruption):
    """A corruption that interrupts the first measurement."""

    stops = 0

    def measured(self, clean, generator):
        if Stop.stops:
            Stop.stops -= 1
            raise KeyboardInterrupt
        return super().measured(clean, generator)


@pytest.fixture
def stopped(images, tmp_path):
    """Three jobs, the file of a run that was stopped in the third, and the jobs' pictures."""
    todo = [
        Job("rows", "faces", {"point": "clean"}, POINTS["clean"]),
        Job("rows", "faces", {"point": "s4-poisson"}, POINTS["s4-poisson"]),
        Job("sweep", "faces", {"kind": "speckle", "level": 0.5}, Stop("speckle", 0.5)),
    ]
    Stop.stops = 1
    with pytest.raises(KeyboardInterrupt):
        suite.run(todo, images, tmp_path / "partial.json", resume=False)
    return todo, tmp_path / "partial.json"


def test_a_resumed_run_gives_the_same_results(stopped, images, tmp_path):
    todo, partial_file = stopped
    before = json.loads(partial_file.read_text("utf-8"))
    assert len(before["rows"]) == 2 * len(todo[0].denoisers)

    resumed = suite.run(todo, images, partial_file, resume=True)

    assert resumed == suite.run(todo, images, tmp_path / "other.json", resume=False)
    assert resumed.plan == ""


@pytest.mark.parametrize("change", ["points", "pictures", "weights"])
def test_a_run_resumes_only_with_the_same_points_pictures_and_weights(change, stopped, images):
    todo, partial_file = stopped
    if change == "points":
        todo[2] = replace(todo[2], corruption=Corruption("speckle", 0.6))
    elif change == "pictures":
        images["faces"] = replace(images["faces"], sha256=("0" * 64,))
    else:
        content = json.loads(partial_file.read_text("utf-8"))
        partial_file.write_text(json.dumps(content | {"plan": "0"}), "utf-8")

    with pytest.raises(ResultsError, match="points or pictures: leave out --resume"):
        suite.run(todo, images, partial_file, resume=True)


def test_damaged_partial_results_are_refused(stopped, images):
    todo, partial_file = stopped
    partial_file.write_text("{", "utf-8")

    with pytest.raises(ResultsError, match="is damaged: leave out --resume"):
        suite.run(todo, images, partial_file, resume=True)


# The command


def test_a_few_points_are_measured_into_a_folder_and_one_domain_keeps_the_other(
    fake_data, tmp_path, capsys
):
    out = tmp_path / "out"
    call = ["--data-dir", str(fake_data), "--out", str(out), "--points", "s4-poisson"]

    assert main(call) == 0

    first = load_results(out / "results.json")
    names = [(row.domain, row.denoiser) for row in first.rows]
    assert names == [(d, name) for d in DOMAINS for name in (NOTHING, *list_denoisers(d))]
    assert {row.point for row in first.calibration} == {"s4-poisson"}
    assert first.article
    assert first.data.keys() == DOMAINS.keys()
    page = (out / "results.md").read_text("utf-8")
    assert "<code>s4-poisson</code>" in page
    assert sorted(path.name for path in out.iterdir()) == ["results.json", "results.md"]

    assert main([*call, "--domain", "faces"]) == 0

    again = load_results(out / "results.json")
    assert sorted(again.rows, key=repr) == sorted(first.rows, key=repr)
    assert again.data == first.data

    (out / "results.md").unlink()
    assert main(["--docs-only", "--out", str(out)]) == 0
    assert (out / "results.md").exists()


def test_the_command_says_what_it_needs(fake_data, tmp_path, capsys):
    (fake_data / "faces.zip").unlink()

    code = main(["--data-dir", str(fake_data), "--out", str(tmp_path)])

    assert code == 1
    assert "face pictures with --data-dir" in capsys.readouterr().err
    assert main(["--domain", "faces", "--out", str(tmp_path)]) == 1
    assert "results.json is missing" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--points", "s1"])
    assert "--points needs --out" in capsys.readouterr().err


# Speeds


@pytest.mark.slow
def test_every_denoiser_is_timed_on_a_processor():
    rows = speed.speeds(torch.device("cpu"))

    assert [row["denoiser"] for row in rows] == list(list_denoisers())
    assert all(row["milliseconds"] > 0 for row in rows)


def test_speeds_on_another_device_are_kept(tmp_path):
    path = tmp_path / "speed.json"
    path.write_text('{"NVIDIA H200": {"rows": []}}', "utf-8")

    speed.save_speeds([{"denoiser": "x"}], torch.device("cpu"), path)

    written = json.loads(path.read_text("utf-8"))
    assert written.pop("NVIDIA H200") == {"rows": []}
    [here] = written.values()
    assert here["rows"] == [{"denoiser": "x"}]


def test_damaged_speeds_are_refused(tmp_path):
    path = tmp_path / "speed.json"
    path.write_text("{", "utf-8")

    with pytest.raises(ValueError, match="is damaged"):
        speed.save_speeds([], torch.device("cpu"), path)
