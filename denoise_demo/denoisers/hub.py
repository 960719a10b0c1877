"""Networks published on the Hugging Face Hub, named `hf:USER/NAME`."""

import json
from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)
from huggingface_hub.errors import HTTPError as ConnectionFailed  # type: ignore[attr-defined]

from denoise_demo.denoisers.checkpoints import CheckpointError, read_metadata
from denoise_demo.networks import get_model

PREFIX = "hf:"
WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"  # of a published network
REMEDY = "delete it from the cache, or ask its author to publish it again"


def download(address: str) -> Path:
    """Return the weight file of a published network, from the cache when offline.

    Args:
        address: `hf:USER/NAME`.

    Raises:
        CheckpointError: when it does not exist, or is neither in the cache nor can be reached.
    """
    try:
        return Path(hf_hub_download(address.removeprefix(PREFIX), WEIGHTS))
    except HFValidationError as error:
        raise CheckpointError(f"{address} is no address: give {PREFIX}USER/NAME") from error
    except RepositoryNotFoundError as error:
        remedy = "check the name, or log in with `hf auth login` if it is private"
        raise CheckpointError(f"{address} is not on the Hub: {remedy}") from error
    except LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"{address} is not in the cache and the Hub cannot be reached: connect to the internet"
        ) from error
    except EntryNotFoundError as error:
        raise CheckpointError(
            f"{address} has no {WEIGHTS}: choose one that publish.py has published"
        ) from error
    except (OSError, ConnectionFailed) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"{address} cannot be downloaded ({reason}): try again") from error


def check_origin(path: Path) -> None:
    """Raise CheckpointError unless a stranger's file names a network exactly as it is here.

    Other arguments could ask for a network that fills the memory.
    """
    metadata = read_metadata(path, REMEDY)
    try:
        arguments = get_model(metadata["recipe"]["model"]).arguments
        known = metadata["arguments"] == json.loads(json.dumps(arguments))
    except (LookupError, TypeError, ValueError):
        known = False
    if not known:
        raise CheckpointError(
            f"{path.name} holds no network that this version knows: update denoise_demo"
        )
