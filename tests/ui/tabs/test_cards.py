"""The cards of the weight files: how each network was trained, and its files."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from denoise_demo.denoisers import RECIPES, checkpoints, settings_of
from denoise_demo.ui.tabs.training.training import describe_weights, show_card


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """A function that writes weight files with metadata to the folder that cards read."""
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))

    def save(recipe_id: str) -> Path:
        record = {"epoch": 1, "train_loss": 0.3, "validation_loss": 0.2}
        metadata = {
            "recipe": settings_of(RECIPES[recipe_id]),
            "parameters": 4385,
            "data": {"name": "MNIST", "sha256": []},
            "epochs": 1,
            "history": [record],
            "metrics": {"psnr": 17.29, "ssim": 0.5, "bce": 0.1262, "accuracy": 0.9761},
            "torch": "2.13.0",
            "seed": 0,
            "seconds": 12.3,
            "device": "cpu",
            "command": f"python train.py {recipe_id}",
        }
        path = checkpoints.checkpoint_path(recipe_id)
        checkpoints.save(path, {"weight": torch.zeros(2)}, metadata)
        return path

    return save


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_card_tells_how_the_weights_were_trained(
    trained: Callable[[str], Path], recipe: str
) -> None:
    path = trained(recipe)

    card = describe_weights(checkpoints.read_metadata(path), path.read_bytes())

    facts = (RECIPES[recipe].title, "4,385", f"`python train.py {recipe}`", "12 s on cpu")
    assert all(fact in card for fact in facts)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in card


@pytest.mark.parametrize(
    ("recipe", "facts"),
    [
        ("conv-pool", ["the last 10,000 training images", "learning rate 0.02", "Apache-2.0"]),
        ("strided-conv-gaussian", ["the last 10 % of the training images", "squared error\n"]),
        ("strided-conv-gaussian", ["non-commercial research only", "(UTKFace)"]),
        ("pix2pix-poisson", ["betas 0.5 and 0.999", "mean absolute error plus 0.01 x a patch"]),
    ],
)
def test_a_card_describes_its_own_kind_of_training(
    trained: Callable[[str], Path], recipe: str, facts: list[str]
) -> None:
    path = trained(recipe)

    card = describe_weights(checkpoints.read_metadata(path), path.read_bytes())

    assert all(fact in card for fact in facts)
    assert ("Apache" in card) == (RECIPES[recipe].domain == "digits")


def test_a_card_older_than_adversarial_training_can_be_read(trained: Callable[[str], Path]) -> None:
    path = trained("conv-pool")
    metadata = checkpoints.read_metadata(path)
    del metadata["recipe"]["adversarial"], metadata["recipe"]["domain"]

    assert "**Loss:** binary cross-entropy\n" in describe_weights(metadata, path.read_bytes())


def test_a_card_comes_with_the_weights_and_itself_as_files(trained: Callable[[str], Path]) -> None:
    path = trained("conv-pool")

    card, _, weights, file = show_card("conv-pool")

    kept = Path(weights.value["path"]), Path(file.value["path"])
    assert [k.name for k in kept] == ["conv-pool.safetensors", "conv-pool-card.md"]
    assert [k.read_bytes() for k in kept] == [path.read_bytes(), card.encode()]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "is missing"), (b"", "is damaged"), (b"\x08\0\0\0\0\0\0\0{}      ", "does not say")],
)
def test_a_weight_file_that_cannot_be_used_gives_a_message_for_a_card(
    trained: Callable[[str], Path], content: bytes | None, message: str
) -> None:
    path = trained("conv-pool")
    path.unlink() if content is None else path.write_bytes(content)

    card, _, weights, file = show_card("conv-pool")

    assert card.startswith("**This network cannot be used:** conv-pool.safetensors")
    assert message in card
    assert not weights.interactive
    assert not file.interactive
