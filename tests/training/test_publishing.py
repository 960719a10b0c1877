"""Publishing a network and loading it again, against a stub of the Hub's protocol."""

import json

import pytest
import torch
from huggingface_hub import ModelCard, constants
from safetensors.torch import load_file, save_file

import publish
from denoise_demo import load_denoiser
from denoise_demo.benchmark import load_results
from denoise_demo.denoisers import (
    WEIGHTS_DIR,
    CheckpointError,
    checkpoint_path,
    denoising_recipes,
    read_metadata,
)
from denoise_demo.training.publishing import FILES
from tests.training.hub_stub import TOKEN, Hub

NAME = "someone/denoiser"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub that huggingface_hub uses, with an empty cache and a valid token."""
    server = Hub()
    template = server.address + "/{repo_id}/resolve/{revision}/{filename}"
    for name, value in {
        "ENDPOINT": server.address,
        "HUGGINGFACE_CO_URL_TEMPLATE": template,
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "HF_TOKEN_PATH": str(tmp_path / "token"),
        "HF_HUB_DISABLE_XET": True,
    }.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("network", denoising_recipes())
def test_the_files_of_every_network_are_complete_and_the_card_is_valid(network, tmp_path):
    assert publish.main([network, "--out", str(tmp_path / "files")]) == 0

    assert {path.name for path in (tmp_path / "files").iterdir()} == set(FILES)
    card = ModelCard.load(tmp_path / "files" / "README.md")
    (score,) = card.data.eval_results
    assert score.metric_value == pytest.approx(
        read_metadata(checkpoint_path(network, WEIGHTS_DIR))["metrics"]["psnr"], abs=1e-3
    )
    domain = denoising_recipes()[network].domain
    assert card.data.license == {"digits": "apache-2.0", "faces": "other"}[domain]
    assert ("for non-commercial research only" in card.text) == (domain == "faces")
    config = json.loads((tmp_path / "files" / "config.json").read_text(encoding="utf-8"))
    assert config["recipe"]["id"] == network


def test_the_card_has_the_benchmarks_scores_of_these_weights_only(tmp_path):
    recipe, rows = "dense-16", load_results(domain="digits").at_points("digits")

    publish.main([recipe, "--out", str(tmp_path / "shipped")])
    other = tmp_path / "weights"
    other.mkdir()
    path = checkpoint_path(recipe, WEIGHTS_DIR)
    tensors = load_file(path)
    metadata = {"json": json.dumps(read_metadata(path))}
    save_file({key: 2 * value for key, value in tensors.items()}, other / path.name, metadata)
    publish.main([recipe, "--weights", str(other), "--out", str(tmp_path / "trained")])

    shipped, trained = (
        (tmp_path / folder / "README.md").read_text("utf-8") for folder in ("shipped", "trained")
    )
    assert (
        f"| Gaussian noise, sigma 0.5, clipped | {rows[recipe, 's2'].score('psnr').mean:.2f} |"
        in shipped
    )
    assert "Means over" not in trained


def test_a_published_network_denoises_as_the_shipped_one_also_offline(hub, monkeypatch, capsys):
    noisy = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    assert publish.main(["conv-pool", NAME]) == 0

    assert capsys.readouterr().out == f"{hub.address}/{NAME}\n"
    assert set(hub.models[NAME]) == set(FILES)
    assert hub.cards[0].startswith("---\nlibrary_name: denoise_demo\n")
    expected = load_denoiser("conv-pool", "cpu")(noisy)
    assert torch.equal(load_denoiser(f"hf:{NAME}", "cpu")(noisy), expected)
    hub.models.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert torch.equal(load_denoiser(f"hf:{NAME}", "cpu")(noisy), expected)


@pytest.fixture
def published(hub, tmp_path):
    """Make the Hub hold a file, changed from a good one: its tensors and its metadata."""

    def put(change):
        path = checkpoint_path("dense-16", WEIGHTS_DIR)
        tensors, metadata = load_file(path), read_metadata(path)
        change(tensors, metadata)
        save_file(tensors, tmp_path / "changed", {"json": json.dumps(metadata)})
        hub.models[NAME] = {"model.safetensors": (tmp_path / "changed").read_bytes()}

    return put


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t, m: next(iter(t.values())).fill_(float("nan")), "has NaN or infinite values"),
        (lambda t, m: t.popitem(), "is for another network"),
        (lambda t, m: m["recipe"].update(model="giant"), "no network that this version knows"),
        (lambda t, m: m["recipe"].update(id="giant"), "does not say how it was trained"),
        (lambda t, m: m.update(arguments={"code": 10**12}), "no network that this version knows"),
        (lambda t, m: m.clear(), "no network that this version knows"),
        (lambda t, m: m["recipe"].pop("corruption"), "does not say how it was trained"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_address(published, change, sentence):
    published(change)

    with pytest.raises(CheckpointError, match=f"^hf:{NAME}: model.safetensors .*{sentence}"):
        load_denoiser(f"hf:{NAME}")


def test_a_classifier_is_no_denoiser(hub):
    path = checkpoint_path("mlp-classifier", WEIGHTS_DIR)
    hub.models[NAME] = {"model.safetensors": path.read_bytes()}

    with pytest.raises(ValueError, match=f"hf:{NAME} is a classifier, not a denoiser"):
        load_denoiser(f"hf:{NAME}")


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04\x95pickle", b"\xff" * 100], ids=["empty", "pickle", "ones"]
)
def test_a_damaged_file_or_a_pickle_is_refused(hub, content):
    hub.models[NAME] = {"model.safetensors": content}

    with pytest.raises(CheckpointError, match=r"is damaged .*: delete it from the cache"):
        load_denoiser(f"hf:{NAME}")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("hf:", "hf: is no address: give hf:USER/NAME"),
        ("hf:a b", "hf:a b is no address: give hf:USER/NAME"),
        ("hf:../../etc/passwd", "is no address: give hf:USER/NAME"),
        ("hf:nobody/nothing", "hf:nobody/nothing is not on the Hub: check the name"),
        ("hf:someone/empty", "hf:someone/empty has no model.safetensors: choose one"),
    ],
)
def test_what_is_not_there_gets_one_sentence(hub, address, sentence):
    hub.models["someone/empty"] = {}

    with pytest.raises(CheckpointError) as caught:
        load_denoiser(address)

    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_offline_without_a_cache_it_says_so(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(CheckpointError, match="not in the cache and the Hub cannot be reached"):
        load_denoiser(f"hf:{NAME}")


@pytest.mark.slow  # huggingface_hub tries for 20 seconds
def test_a_hub_that_is_down_counts_as_offline(hub):
    hub.shutdown()
    hub.server_close()

    with pytest.raises(CheckpointError, match="not in the cache and the Hub cannot be reached"):
        load_denoiser(f"hf:{NAME}")


def test_publishing_needs_a_token(hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")

    assert publish.main(["conv-pool", NAME]) == 1
    assert "there is no token: run `hf auth login` or set HF_TOKEN" in capsys.readouterr().err


def test_a_refusal_says_what_to_check(hub, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_bad")

    assert publish.main(["conv-pool", NAME]) == 1
    error = capsys.readouterr().err
    assert "publish.py: the Hub refused (" in error
    assert "check that your token may write to someone" in error
    assert error.count("\n") == 1


def test_publishing_without_a_connection_says_so(hub, capsys):
    hub.shutdown()
    hub.server_close()

    assert publish.main(["conv-pool", NAME]) == 1
    assert "the Hub cannot be reached" in capsys.readouterr().err


def test_a_wrong_name_says_what_to_give(hub, capsys):
    assert publish.main(["conv-pool", "a b"]) == 1
    assert "'a b' is no name of a model: give USER/NAME" in capsys.readouterr().err


def test_a_folder_with_other_files_is_left_as_it_is(tmp_path, capsys):
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    assert publish.main(["conv-pool", "--out", str(tmp_path)]) == 1
    assert "holds notes.txt: give a new or empty folder" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"


def test_missing_weights_are_named(tmp_path, capsys):
    assert (
        publish.main(["conv-pool", "--weights", str(tmp_path), "--out", str(tmp_path / "o")]) == 1
    )
    assert "conv-pool.safetensors is missing" in capsys.readouterr().err


def test_weights_that_do_not_say_how_they_were_trained_are_refused(tmp_path, capsys):
    path = checkpoint_path("conv-pool", WEIGHTS_DIR)
    metadata = {"json": json.dumps(read_metadata(path) | {"metrics": None})}
    save_file(load_file(path), tmp_path / path.name, metadata)

    folders = ["--weights", str(tmp_path), "--out", str(tmp_path / "out")]
    assert publish.main(["conv-pool", *folders]) == 1
    assert "does not say how it was trained" in capsys.readouterr().err


def test_without_a_name_or_a_folder_the_command_says_what_to_give(capsys):
    with pytest.raises(SystemExit):
        publish.main(["conv-pool"])

    assert "give USER/NAME to publish, or --out FOLDER" in capsys.readouterr().err
