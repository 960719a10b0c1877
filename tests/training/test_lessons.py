"""Lessons: choices as changes to an article's recipe, moments of a training, and the classroom."""

import shlex
import threading
import time
from dataclasses import asdict, replace

import pytest
import torch

import train
from denoise_demo.common import parse
from denoise_demo.denoisers import RECIPES, checkpoints
from denoise_demo.training import STARTS, Choices, Classroom, Lesson, LessonLimits, lessons
from denoise_demo.training import classroom as rooms

LIMITS = LessonLimits(seconds=20, epochs=50, images=300)
BASE = replace(Choices.of("dense-64", LIMITS, "strokes"), epochs=2)
PATIENCE = 20  # seconds


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Show every batch, and validate on a few digits."""
    monkeypatch.setattr(lessons, "INTERVAL", 0.0)


def eventually(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# Choices


@pytest.mark.parametrize("key", STARTS)
def test_every_article_starts_as_it_was_trained(key):
    recipe = Choices.of(key, LIMITS, "strokes").to_recipe(LIMITS)

    for name in ("model", "corruption", "loss", "optimiser", "batch", "fresh", "seed"):
        assert getattr(recipe, name) == getattr(RECIPES[key], name)
    assert recipe.optimiser_settings["lr"] == RECIPES[key].optimiser_settings["lr"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate": 1e9}, "the rate is 1e+09: give a number from 0.000001 to 1"),
        ({"rate": 0.0}, "the rate is 0: give"),
        ({"rate": float("nan")}, "rate of the training is nan"),
        ({"epochs": 0}, "0 epochs teach nothing: give 1 or more"),
        ({"epochs": 10**9}, "epochs are more than this page trains: give at most 50"),
        ({"low": 0.5, "high": 0.1}, "goes from 0.5 to 0.1: give the lower end first"),
        ({"high": 9.0}, "choose 0 to"),
        ({"size": 0}, "the size is 0: give 1 to 300"),
        ({"size": 301}, "the size is 301: give 1 to 300"),
        ({"network": "conv-pool", "size": 33}, "give 1 to 32"),
        ({"network": "unet"}, "unknown network 'unet'; choose one of: dense"),
        ({"data": "faces"}, "unknown kind of digits"),
        ({"recipe": "mlp-classifier"}, "unknown recipe to start from"),
        ({"loss": "cross-entropy"}, "unknown loss"),
        ({"seed": -1}, "seed is out of range"),
        ({"images": 10**9}, "images of the training is unknown"),
    ],
)
def test_a_wrong_choice_is_one_sentence(changes, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse(Choices, asdict(BASE) | changes, "the training").to_recipe(LIMITS)

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


# One lesson


def test_a_lesson_keeps_its_moments_and_the_network_of_its_last_epoch():
    lesson = Lesson(BASE, LIMITS)

    lesson.learn()

    assert (lesson.state, lesson.said) == ("done", "")
    assert [record.epoch for record in lesson.history] == [1, 2]
    epochs = [moment.epoch for moment in lesson.moments]
    assert epochs == sorted(epochs)
    assert epochs[-1] == 2
    assert lesson.moments[-1].loss < lesson.moments[0].loss
    assert lesson.moments[-1].validation == lesson.history[0].validation_loss
    assert {len(moment.strip) for moment in lesson.moments} == {28 * 28 * 8} == {len(lesson.noisy)}
    assert lesson.moments[-1].strip != lesson.moments[0].strip
    assert lesson.trainer is None


def test_pausing_changes_nothing():
    whole, broken = Lesson(BASE, LIMITS), Lesson(BASE, LIMITS)
    whole.learn()

    rests = 0
    while broken.state not in ("done", "failed"):
        broken.pausing = True
        broken.learn()
        rests += broken.state == "paused"

    assert rests >= 2
    ours, theirs = (lesson.network.module.state_dict() for lesson in (broken, whole))
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_the_command_gives_the_same_network(tmp_path):
    lesson = Lesson(replace(BASE, size=5, low=0.1, high=0.5, rate=0.004), LIMITS)
    lesson.learn()

    words = shlex.split(lesson.choices.command(LIMITS, len(lesson.history)))
    assert words[:2] == ["python", "train.py"]
    folder = tmp_path / "mine"
    assert train.main([*words[2:-1], str(folder), "--device", "cpu"]) == 0

    theirs = checkpoints.load(folder / "dense-64.safetensors").module.state_dict()
    ours = lesson.network.module.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_a_diverged_lesson_says_so():
    lesson = Lesson(
        replace(Choices.of("dense-300-published", LIMITS, "strokes"), rate=1.0, loss="mse"), LIMITS
    )

    lesson.learn()

    assert lesson.state == "diverged"
    assert "diverged" in lesson.said


def test_a_lesson_stops_at_its_limit():
    lesson = Lesson(replace(BASE, epochs=50), replace(LIMITS, seconds=0))

    lesson.learn()

    assert lesson.state == "done"
    assert lesson.said == "Stopped after 0 seconds, the limit of this page."


# The classroom


def long_lesson():
    return Lesson(replace(BASE, epochs=50), LIMITS)


def test_one_lesson_is_trained_at_a_time_and_the_others_know_their_place():
    room = Classroom(1)
    first, second, third = (long_lesson() for _ in range(3))

    keys = [
        room.enter(lesson, name) for lesson, name in zip((first, second, third), "abc", strict=True)
    ]
    eventually(lambda: first.state == "training" and first.moments)
    assert [room.place(key) for key in keys] == [0, 1, 2]
    assert (second.state, third.state) == ("waiting", "waiting")
    room.stop(keys[0])
    eventually(lambda: first.state == "done" and second.state == "training")
    assert room.place(keys[2]) == 1
    room.pause(keys[1])
    eventually(lambda: second.state == "paused" and third.state == "training")
    room.go_on(keys[1])
    room.stop(keys[2])
    eventually(lambda: second.state == "training")
    room.stop(keys[1])
    eventually(lambda: second.state == "done")


def test_two_hundred_presses_leave_one_lesson():
    room = Classroom(1)
    before = threading.active_count()

    made = [long_lesson() for _ in range(200)]
    for lesson in made:
        key = room.enter(lesson, "a")

    eventually(lambda: made[-1].state == "training")
    assert sum(lesson.state in ("training", "waiting") for lesson in made) == 1
    assert threading.active_count() <= before + 1
    assert sum(lesson.trainer is not None for lesson in made) <= 1
    room.stop(key)
    eventually(lambda: made[-1].state == "done")


def test_a_crowd_is_refused_with_a_sentence():
    room = Classroom(1)
    first = long_lesson()
    room.enter(first, "first")
    eventually(lambda: first.state == "training")
    for number in range(rooms.MOST_WAITING):
        room.enter(long_lesson(), str(number))

    with pytest.raises(ValueError, match="20 people are waiting to train: try again"):
        room.enter(long_lesson(), "late")

    room.leave("first")
    for number in range(rooms.MOST_WAITING):
        room.leave(str(number))


def test_a_lesson_rests_within_a_second_when_its_page_has_gone():
    room = Classroom(1)
    lesson = long_lesson()
    key = room.enter(lesson, "a")
    eventually(lambda: lesson.moments)

    left = time.monotonic()
    room.leave("a")
    eventually(lambda: lesson.state == "paused")

    assert time.monotonic() - left < 1
    assert room.find(key, "b") is lesson  # the page has come back
    room.stop(key)
    assert lesson.state == "done"


def test_a_lesson_that_nobody_asks_for_rests_and_is_forgotten(monkeypatch):
    forgotten = []
    room = Classroom(1, forgotten.append)
    lesson = long_lesson()
    key = room.enter(lesson, "a")
    eventually(lambda: lesson.moments)

    lesson.heard -= lessons.SILENCE + 1
    eventually(lambda: lesson.state == "paused")
    lesson.heard -= rooms.GRACE
    eventually(lambda: forgotten == [key])

    with pytest.raises(ValueError, match="no longer on the server"):
        room.find(key, "a")


def test_an_unforeseen_error_ends_only_its_own_lesson(monkeypatch, capsys):
    room = Classroom(1)
    broken, fine = long_lesson(), Lesson(BASE, LIMITS)
    monkeypatch.setattr(broken, "learn", lambda: 1 / 0)

    room.enter(broken, "a")
    room.enter(fine, "b")

    eventually(lambda: fine.state == "done")
    assert broken.state == "failed"
    assert "train again" in broken.said
    assert "ZeroDivisionError" in capsys.readouterr().err
