"""Generate digits and classify them.

python -m benchmarks.dreams [--count 1000]
"""

import argparse
from collections import deque

import torch

from denoise_demo.denoisers import load_classifier
from denoise_demo.lab import STEPS, dream

SURE = 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    last = deque(dream(options.seed, options.count, options.steps), maxlen=1).pop()
    top, digit = load_classifier()(last.denoised).max(1)
    shares = torch.bincount(digit, minlength=10) / options.count
    print(f"{options.count} dreams of {options.steps} steps, seed {options.seed}: ", end="")
    print(f"{(top >= SURE).float().mean():.1%} read with {SURE:.0%} certainty or more, ", end="")
    print(f"mean certainty {top.mean():.3f}\n")
    print("| read as | " + " | ".join(map(str, range(10))) + " |")
    print("|---" * 11 + "|")
    print("| share | " + " | ".join(f"{share:.1%}" for share in shares) + " |")


if __name__ == "__main__":
    main()
