"""Publish a network on the Hugging Face Hub: `python publish.py conv-pool USER/NAME`.

Uploads its weights, its settings and a model card. Anyone then loads it with
`load_denoiser("hf:USER/NAME")`. Without USER/NAME, --out FOLDER only writes the files.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from denoise_demo.denoisers import denoising_recipes
from denoise_demo.training import publishing


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Parse and check the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = denoising_recipes()
    parser.add_argument("network", metavar="NETWORK", choices=names, help=", ".join(names))
    parser.add_argument("name", metavar="USER/NAME", nargs="?", help="the model on the Hub")
    weights_help = "where the weights are; default: weights"
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help=weights_help)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep the files there")
    parser.add_argument("--private", action="store_true", help="create a private model")
    options = parser.parse_args(arguments)
    if not options.name and not options.out:
        parser.error("give USER/NAME to publish, or --out FOLDER to look at the files first")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = parse(arguments)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = options.out or Path(temporary)
            name = options.name or "USER/NAME"
            publishing.write_files(options.network, folder, options.weights, name)
            if options.name:
                print(publishing.upload(folder, options.name, private=options.private))
    except (OSError, ValueError) as error:
        print(f"publish.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
