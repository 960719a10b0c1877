"""The built-in digits: strokes that look like MNIST's once they are rendered."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from denoise_demo.data import load_examples
from denoise_demo.data.examples import EXAMPLES_FILE
from denoise_demo.data.paper import to_digit
from denoise_demo.data.pixels import centre_digit, draw_strokes

EXAMPLES = json.loads(EXAMPLES_FILE.read_text("utf-8"))
each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["label"]))


def drawn(example):
    return draw_strokes(example["strokes"], pen=example["pen"])


def test_every_class_has_two_different_examples():
    counts = Counter(example["label"] for example in EXAMPLES)
    digits = load_examples().clean().flatten(1)

    assert len(EXAMPLES) >= 20
    assert set(counts) == set(range(10))
    assert min(counts.values()) >= 2
    distances = (digits[:, None] - digits[None]).abs().mean(2)
    assert float(distances[~np.eye(len(digits), dtype=bool)].min()) > 0.03
    assert load_examples().labels.tolist() == [example["label"] for example in EXAMPLES]


@each
def test_a_digit_looks_like_mnists(example):
    ink, points = drawn(example), np.concatenate([np.array(s) for s in example["strokes"]])

    digit = centre_digit(ink)

    assert points.shape[1] == 2
    assert 0 <= points.min() <= points.max() <= 1
    assert 0.05 <= example["pen"] <= 0.2
    assert 0.049 < digit.mean() < 0.246  # percentiles 1 and 99 of MNIST's training digits
    assert 0.547 < digit[digit > 0.02].mean() < 0.84  # the same percentiles
    assert not np.concatenate([ink[[0, -1]], ink.T[[0, -1]]]).any()  # within its box
    centre = [float(digit.sum(axis) @ np.arange(28) / digit.sum()) for axis in (0, 1)]
    assert centre == pytest.approx([14, 14], abs=0.51)  # MNIST: 14.0 on average, within 0.5


@each
def test_paper_is_distinguished_from_ink_in_a_tight_crop(example):
    ink = drawn(example)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    crop = ink[rows[0] - 4 : rows[-1] + 5, columns[0] - 4 : columns[-1] + 5]

    digit = to_digit(Image.fromarray(((1 - crop) * 255).astype(np.uint8)))

    assert np.abs(digit[0, 0].numpy() - centre_digit(ink)).mean() < 0.05
