"""Comparison of all denoisers on one picture: the same results as on the stage."""

import base64

import pytest
import torch

from denoise_demo.benchmark import NOTHING
from denoise_demo.corruption.noise import NOISES
from denoise_demo.corruption.points import MIXED_POINTS
from denoise_demo.data import load_examples
from denoise_demo.data.portraits import load_portraits
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import compare, contenders, experiment, is_trained_on
from denoise_demo.ui.panels.compare.compare import comparer
from denoise_demo.ui.web.server import pack

CLEAN = {"digits": load_examples().clean(slice(3, 4)), "faces": load_portraits().clean(slice(0, 1))}
SOURCES = {"digits": {"kind": "example", "index": 3}, "faces": {"kind": "portrait", "index": 0}}


def settings(**changes):
    values = {"kind": "speckle", "level": 0.5, "blur_sigma": 0.3, "denoiser": "mean-3", "seed": 7}
    return experiment.Settings(**values | changes)


def ask(domain="digits", usable=None, *, slow=False, **changes):
    request = {
        "source": SOURCES[domain],
        "kind": "speckle",
        "level": 0.5,
        "blur_sigma": 0.3,
        "denoiser": "mean-3",
        "seed": 7,
    }
    usable = list_denoisers() if usable is None else usable
    return comparer(usable, slow=slow)(request | changes)


@pytest.mark.parametrize("domain", CLEAN)
def test_every_result_is_what_the_stage_shows(domain):
    clean, names = CLEAN[domain], list(list_denoisers(domain))

    together = compare(clean, settings(), names)

    assert together.names == [NOTHING, *names]
    for i, name in enumerate(names, 1):
        alone = experiment.run(clean, settings(denoiser=name))
        torch.testing.assert_close(together.images[i], alone.denoised[0], atol=1e-5, rtol=0)
        for metric, values in together.scores.items():
            expected = alone.scores["denoised"][metric].item()
            assert values[i].item() == pytest.approx(expected, abs=1e-3)
        if domain == "digits":
            read = alone.probabilities["denoised"][0]
            torch.testing.assert_close(together.probabilities[i], read, atol=1e-4, rtol=0)
    nothing = experiment.run(clean, settings(denoiser=names[-1]))
    torch.testing.assert_close(together.images[0], nothing.noisy[0].clamp(0, 1))


def test_every_denoiser_of_a_domain_is_compared_once():
    for domain in CLEAN:
        quick, slow = (contenders(domain, list_denoisers(), slow=slow) for slow in (False, True))
        assert sorted(quick + slow) == sorted(list_denoisers(domain))
        assert all(list_denoisers()[key].slow for key in slow)
    assert contenders("digits", {"mean-3"}, slow=False) == ["mean-3"]


def test_a_network_for_other_pictures_is_refused():
    with pytest.raises(ValueError, match="conv-pool does not take such pictures"):
        compare(CLEAN["faces"], settings(), ["conv-pool"])


def test_the_time_of_each_denoiser_is_measured():
    together = compare(CLEAN["digits"], settings(), ["blind-digits", "dense-1"])
    assert together.milliseconds[0] == 0
    assert together.milliseconds[1] > together.milliseconds[2] > 0


def test_each_network_is_marked_as_trained_on_its_own_noise():
    assert is_trained_on("conv-pool", "uniform", 1.0, 1.0)
    assert not is_trained_on("conv-pool", "gaussian", 1.0, 1.0)
    assert is_trained_on("dense-300-clean", "none", 0.3, 0.0)
    assert not is_trained_on("dense-300-clean", "none", 0.3, 1.0)
    assert is_trained_on("pix2pix-gaussian", "gaussian", 0.32, 0.0)
    assert not is_trained_on("pix2pix-gaussian", "gaussian", 1.0, 0.0)
    assert not is_trained_on("median-3", "gaussian", 0.1, 0.0)


@pytest.mark.parametrize("kind", sorted({part.kind for part in MIXED_POINTS["blind"].parts}))
def test_the_blind_networks_are_marked_as_trained_on_every_noise(kind):
    for name in ("blind-digits", "blind-faces"):
        assert is_trained_on(name, kind, NOISES[kind].default, 0.7)


@pytest.mark.parametrize("domain", CLEAN)
def test_the_page_gets_everything_as_plain_json(domain):
    reply = ask(domain)

    pack(reply)
    height, width, channels = reply["shape"]
    assert reply["domain"] == domain
    assert reply["milliseconds"] > 0
    for name, entry in reply["entries"].items():
        assert len(entry["image"]) == height * width * channels, name
        assert (entry["digit"] is None) == (domain == "faces")
    familiar = {name: entry["familiar"] for name, entry in reply["entries"].items()}
    assert familiar[NOTHING] is familiar["median-3"] is None
    assert familiar[f"blind-{domain}"] is True
    assert familiar[{"digits": "conv-pool", "faces": "pix2pix-gaussian"}[domain]] is False


def test_the_slow_filters_come_when_asked():
    slow = set(ask(slow=True)["entries"]) - {NOTHING}
    assert slow == {key for key, method in list_denoisers("digits").items() if method.slow}


def test_an_untouched_picture_has_an_infinite_psnr():
    assert ask(kind="none", level=0, blur_sigma=0)["entries"][NOTHING]["psnr"] is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": 99}, "sigma 99 is outside"),
        ({"extra": 1}, "extra"),
        ({"source": {"kind": "example", "index": -1}}, "index -1"),
        ({"source": None}, "source"),
    ],
)
def test_nonsense_is_answered_in_a_sentence(changes, message):
    reply = ask(**changes)
    assert message in reply["error"]
    assert "entries" not in reply


def test_a_picture_of_another_size_is_answered_in_a_sentence():
    source = {"kind": "pixels", "pixels": base64.b64encode(bytes(1600)).decode()}
    reply = ask(source=source | {"height": 40, "width": 40, "channels": 1})
    assert "no network takes pictures of (1, 40, 40)" in reply["error"]
