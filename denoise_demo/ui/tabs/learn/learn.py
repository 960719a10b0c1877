"""The Learn tab: choose, train, watch the network learn."""

import math
from dataclasses import asdict
from functools import cache
from typing import Literal

import gradio as gr
from gradio.blocks import Block
from pydantic import ConfigDict, StrictInt, StrictStr
from pydantic.dataclasses import dataclass as checked

from denoise_demo.common import JsonObject, parse
from denoise_demo.corruption import NOISES
from denoise_demo.data import has_mnist
from denoise_demo.denoisers import RECIPES, get_denoiser, guests
from denoise_demo.hosting import cores, limits, turns
from denoise_demo.networks import FAMILIES
from denoise_demo.training import (
    STARTS,
    STRIP,
    Choices,
    Classroom,
    Lesson,
    LessonLimits,
    article_rate,
    loss_labels,
    starts,
    weight_file,
)
from denoise_demo.ui.controls import level_span
from denoise_demo.ui.tabs.learn.guided import guided_lessons
from denoise_demo.ui.tabs.training.training import describe_weights
from denoise_demo.ui.web.component import component
from denoise_demo.ui.web.server import VISITOR, answered, served

FIRST = "dense-64"  # the article that the tab starts with
MOST = 40  # moments in one answer
NETWORKS = {
    "dense": ("Dense", "units"),
    "dense-relu": ("Dense, ReLU output", "units"),
    "conv-pool": ("Convolutional", "× 4 × 4 numbers"),
}


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Look:
    """A question for a lesson: its key, and how many of its moments the page has."""

    lesson: StrictStr
    since: StrictInt


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Packing:
    """A wish for a lesson's network as a file."""

    lesson: StrictStr


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Order:
    """What a lesson is to do."""

    lesson: StrictStr
    action: Literal["pause", "go on", "stop"]


@cache
def classroom() -> Classroom:
    """Return the lessons of all visitors."""
    return Classroom(limits().lessons or math.ceil(cores() / 2), guests.dismiss)


def lesson_limits() -> LessonLimits:
    """Return the limits of a lesson on this page."""
    each = limits()
    return LessonLimits(each.lesson_seconds, each.lesson_epochs, each.lesson_images)


def leave(visitor: str) -> None:
    """Let a visitor's lesson rest, because the page has gone."""
    classroom().leave(visitor)


def build_learn_tab(_: object) -> dict[str, Block]:
    """Create the tab's contents."""
    data = "mnist" if has_mnist("train") and has_mnist("test") else "strokes"
    gr.Markdown(
        "**Press Train and watch a network learn**: pictures emerge from the noise within seconds. "
        "Then change one thing, and train again.",
        elem_classes="lead",
    )
    gr.HTML(
        **component(__file__, "learn"),
        server_functions=[served(train), served(watch), served(steer), served(pack, turns.long)],
        elem_id="learn",
        first=FIRST,
        data=data,
        starts={choices.recipe: asdict(choices) for choices in starts(lesson_limits(), data)},
        recipes={
            key: {"label": RECIPES[key].label, "lesson": RECIPES[key].lesson} for key in STARTS
        },
        noises={key: level_span(key) | {"label": spec.label} for key, spec in NOISES.items()},
        networks={
            key: {
                "label": NETWORKS[key][0],
                "unit": NETWORKS[key][1],
                "least": f.least,
                "most": f.most,
            }
            for key, f in FAMILIES.items()
        },
        losses=loss_labels(),
        guided=guided_lessons(lesson_limits(), data),
        limits=asdict(lesson_limits()),
        digits=STRIP,
    )
    return {}


def train(request: object) -> JsonObject:
    """Start a lesson with these `Choices`; an earlier one of the same visitor ends.

    Returns:
        `lesson`, its key for `watch` and `steer`; or `error`.
    """
    return answered(_train, request)


def watch(request: object) -> JsonObject:
    """Look at a lesson, for a `Look`.

    Returns:
        `state`, one of waiting, training, paused, done, diverged and failed; `said`, a sentence on
        its end; `place`, the lessons in front of it; `noisy`, the pixels of the strip, once they
        are known, and `unseen`, whether it trains without noise; the next `moments`; after the
        first epoch `yours`, the network as the stage takes it; and after a divergence `offer`,
        the article's rate; or `error`.
    """
    return answered(_watch, request)


def steer(request: object) -> JsonObject:
    """Pause, continue or stop a lesson, for an `Order`; or `error`."""
    return answered(_steer, request)


def _train(values: object) -> JsonObject:
    choices = parse(Choices, values, "the training")
    lesson = Lesson(choices, lesson_limits())
    return {"lesson": classroom().enter(lesson, VISITOR.get())}


def _watch(values: object) -> JsonObject:
    look = parse(Look, values, "the question")
    lesson = classroom().find(look.lesson, VISITOR.get())
    # The state first: what comes after it belongs to it, or to a later one.
    state, said = lesson.state, lesson.said
    since = max(0, look.since)
    rate = article_rate(RECIPES[lesson.choices.recipe])
    return {
        "state": state,
        "said": said,
        "place": classroom().place(look.lesson) if state == "waiting" else 0,
        "noisy": lesson.noisy if since == 0 and lesson.moments else None,
        "unseen": lesson.unseen,
        "yours": _yours(look.lesson, lesson),
        "moments": [asdict(moment) for moment in lesson.moments[since : since + MOST]],
        "offer": rate if state == "diverged" and rate != lesson.choices.rate else None,
    }


def pack(request: object) -> JsonObject:
    """Measure a lesson's network and pack it, for a `Packing`.

    Returns:
        `file`, a weight file, its `name`, and `card`, Markdown; or `error`.
    """
    return answered(_pack, request)


def _yours(key: str, lesson: Lesson) -> JsonObject | None:
    """Let the visitor's network be loaded, and describe it; None before the first epoch."""
    network, epochs = lesson.network, len(lesson.history)
    if network is None:
        return None
    spec = get_denoiser(guests.admit(key, network))
    return {
        "id": spec.id,
        "label": spec.label,
        "file": f"{network.recipe.id}.safetensors",
        "epochs": epochs,
        "command": lesson.choices.command(lesson.limits, epochs),
        "spec": {
            "title": spec.label,
            "lesson": spec.lesson,
            "facts": spec.facts,
            "clip": spec.clip,
            "domain": spec.domain,
        },
    }


def _pack(values: object) -> JsonObject:
    wish = parse(Packing, values, "the wish")
    lesson = classroom().find(wish.lesson, VISITOR.get())
    content, metadata = weight_file(lesson)
    return {
        "file": content,
        "name": f"{lesson.recipe.id}.safetensors",
        "card": describe_weights(metadata, content),
    }


def _steer(values: object) -> JsonObject:
    order = parse(Order, values, "the order")
    room = classroom()
    room.find(order.lesson, VISITOR.get())
    {"pause": room.pause, "go on": room.go_on, "stop": room.stop}[order.action](order.lesson)
    return {}
