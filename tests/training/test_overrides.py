"""`--set`: any field of a recipe, typed and checked."""

import json
from dataclasses import replace

import pytest

from denoise_demo.corruption import NOISES, POINTS, Corruption, points
from denoise_demo.denoisers import RECIPES, changed_settings, settings_of
from denoise_demo.training import OPTIMISERS, override

DENSE = RECIPES["dense-16"]
NOISE = DENSE.corruption
BLIND = points("digits")["blind"]


def adam(**settings):
    return {"optimiser_settings": {**DENSE.optimiser_settings, **settings}}


@pytest.mark.parametrize(
    ("assignments", "changes"),
    [
        (["epochs=3"], {"epochs": 3}),
        (["seed=7", "batch=64"], {"seed": 7, "batch": 64}),
        (["steps=5", "steps=none"], {"steps": None}),
        (["fresh=true", "glorot=false"], {"fresh": True, "glorot": False}),
        (["max_norm=0.5"], {"max_norm": 0.5}),
        (["validation=0.2"], {"validation": 0.2}),
        (["loss=l1"], {"loss": "l1"}),
        (["schedule=one-cycle"], {"schedule": "one-cycle"}),
        (["precision=bfloat16"], {"precision": "bfloat16"}),
        (["model=dense-8", "point=s1"], {"model": "dense-8", "point": "s1"}),
        (["corruption.level=0.3"], {"corruption": replace(NOISE, level=0.3)}),
        (["corruption.level=0.1,0.5"], {"corruption": replace(NOISE, level=(0.1, 0.5))}),
        (["corruption.kind=none"], {"corruption": replace(NOISE, kind="none")}),
        (["corruption.clip=false"], {"corruption": replace(NOISE, clip=False)}),
        (["corruption=s0-train"], {"corruption": POINTS["s0-train"]}),
        (["corruption.clip=true", "corruption=blind"], {"corruption": replace(BLIND, clip=True)}),
        (["optimiser_settings.lr=0.01"], adam(lr=0.01)),
        (["optimiser_settings.betas=0.5,0.9"], adam(betas=(0.5, 0.9))),
        (["optimiser_settings.amsgrad=true"], adam(amsgrad=True)),
        (["optimiser=Muon"], {"optimiser": "Muon", "optimiser_settings": {"lr": 0.001}}),
        (
            ["optimiser_settings.momentum=0.9", "optimiser=SGD"],
            {"optimiser": "SGD", "optimiser_settings": {"lr": 0.001, "momentum": 0.9}},
        ),
    ],
)  # fmt: skip
def test_a_field_gets_its_value(assignments, changes):
    changed = override(DENSE, assignments)

    assert changed == replace(DENSE, **changes)
    assert json.loads(json.dumps(settings_of(changed))) == settings_of(changed)


def test_without_assignments_nothing_changes():
    assert all(override(recipe, []) == recipe for recipe in RECIPES.values())


def test_exactly_the_changed_fields_differ_from_what_was_recorded():
    changed = override(DENSE, ["epochs=3", "corruption.level=0.3"])

    assert changed_settings(changed, settings_of(DENSE)) == ["corruption", "epochs"]


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("epochs", "'epochs' has no value: give name=value"),
        ("epoch=3", "unknown setting 'epoch'; choose one of: model, corruption, point"),
        ("id=x", "unknown setting 'id'"),
        ("lesson=x", "unknown setting 'lesson'"),
        ("corruption.sigma=1", "unknown setting of the corruption 'sigma'.*kind, level"),
        ("corruption=s9", "unknown evaluation point 's9'; choose one of: clean, s0-train"),
        ("optimiser_settings.momentum=1", "unknown setting of Adam 'momentum'; choose one of: lr"),
        ("optimiser=Adamant", "unknown optimiser 'Adamant'; choose one of: Adam, AdamW"),
        ("loss=x", "unknown loss 'x'; choose one of: bce, mse"),
        ("model=x", "unknown model 'x'"),
        ("schedule=x", "unknown schedule 'x'; choose one of: constant, one-cycle"),
        ("corruption.kind=x", "unknown noise 'x'"),
        ("point=x", "unknown evaluation point 'x'"),
        ("domain=x", "unknown domain 'x'"),
        ("epochs=0", "epochs is '0': give a whole number from 1"),
        ("epochs=1.5", "epochs is '1.5': give a whole number from 1"),
        ("seed=-1", "seed is '-1': give a whole number from 0"),
        ("batch=many", "batch is 'many': give a whole number"),
        ("steps=x", "steps is 'x': give a whole number from 1 to 1000000 or none"),
        ("max_norm=nan", "max_norm is 'nan': give a number above 0 or none"),
        ("fresh=1", "fresh is '1': give true or false"),
        ("precision=float16", "precision is 'float16': give float32 or bfloat16"),
        ("corruption.level=a,b", "level is 'a,b': give a number or two numbers"),
        ("corruption.level=0.5,0.1", "corruption.level is .*: give 0 or more, the lower end first"),
        ("corruption.blur_sigma=-1", "corruption.blur_sigma is -1"),
        ("optimiser_settings.lr=fast", "lr is 'fast': give true or false or a number or two"),
        ("optimiser_settings.lr=-1", "Invalid learning rate"),
        ("model=strided-conv", r"takes images of \(3, 28, 28\).*choose another model or domain"),
        ("model=mlp-classifier", "the loss mse does not fit the model mlp-classifier"),
        ("loss=psnr-spread", "needs a network with with_spread"),
        ("loss=cross-entropy", "does not fit the model dense-16"),
        ("adversarial=0.1", "adversarial needs colour images"),
    ],
)  # fmt: skip
def test_a_wrong_name_or_value_is_refused_saying_what_to_give(assignment, message):
    with pytest.raises(ValueError, match=message) as caught:
        override(DENSE, [assignment])

    assert "\n" not in str(caught.value)


def test_a_mixture_can_be_clipped_or_replaced_only():
    blind = RECIPES["blind-digits"]

    assert override(blind, ["corruption.clip=true"]).clip
    assert override(blind, ["corruption=s2"]).corruption == POINTS["s2"]
    with pytest.raises(ValueError, match=r"unknown setting of the corruption 'level'.*: clip"):
        override(blind, ["corruption.level=0.3"])


def test_another_noise_and_optimiser_of_the_registries_can_be_set(monkeypatch):
    monkeypatch.setitem(NOISES, "toy", NOISES["gaussian"])
    monkeypatch.setitem(OPTIMISERS, "Toy", OPTIMISERS["SGD"])

    changed = override(DENSE, ["corruption.kind=toy", "optimiser=Toy"])

    assert changed.corruption == Corruption("toy", 0.5)
    assert changed.optimiser == "Toy"
