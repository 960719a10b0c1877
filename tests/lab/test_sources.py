"""Sources: collections, drawings, photos and pixels; others are refused in one sentence."""

import base64
import json

import numpy as np
import pytest
import torch
from PIL import Image

from denoise_demo.data import DOMAINS, DataError, encode_pixels, faces, load_examples, mnist
from denoise_demo.denoisers import load_classifier
from denoise_demo.lab import COLLECTIONS, Collection
from denoise_demo.lab.sources import (
    ALIASES,
    LABORATORY,
    choose_pictures,
    clean_picture,
    collections_of,
    count_pictures,
    figure_source,
    figure_sources,
    laboratory_picture,
    pixels_source,
)
from tests.data.pages import make_page

pytestmark = pytest.mark.usefixtures("no_mnist")


def first_source(domain):
    return next(iter(collections_of(domain)))


def picture(channels=1, **changes):
    """Return the laboratory's picture as the page sends it: one bright column on black."""
    image = torch.zeros(channels, 28, 28)
    image[..., 13:15] = 1
    fields = pixels_source(image[None])
    return json.dumps(fields | changes)


# Sources of requests


@pytest.mark.parametrize("key", [key for key, spec in COLLECTIONS.items() if spec.built_in])
def test_a_numbered_picture_comes_with_its_label_if_known(key):
    images = COLLECTIONS[key].load()

    picture, label = clean_picture({"kind": key, "index": 1})

    assert torch.equal(picture, images.clean(slice(1, 2)))
    assert label == (int(images.labels[1]) if COLLECTIONS[key].domain == "digits" else None)


def test_a_square_of_a_page_is_read_as_its_digit():
    photo, page = make_page("boxed", 1)
    left, top, right, bottom = page.boxes[0]
    x, y, reach = (left + right) // 2, (top + bottom) // 2, bottom - top
    square = photo.crop((x - reach, y - reach, x + reach, y + reach)).resize((112, 112))
    pixels = base64.b64encode(np.asarray(square).tobytes()).decode()
    source = {"kind": "paper", "pixels": pixels, "size": 112, "invert": None, "centre": True}

    digit, label = clean_picture(source)

    assert (digit.shape, label) == ((1, 1, 28, 28), None)
    assert load_classifier("cpu")(digit).argmax() == page.labels[0]


@pytest.mark.parametrize("centre", [True, False])
def test_a_drawing_is_normalised_and_a_photo_shrunk(centre):
    ink = torch.zeros(56, 56)
    ink[4:20, 4:10] = 1
    red = torch.tensor([1.0, 0, 0]).view(3, 1, 1).expand(3, 100, 100)
    drawing = {"kind": "drawing", "pixels": encode_pixels(ink), "size": 56, "centre": centre}

    digit, _ = clean_picture(drawing)
    face, _ = clean_picture({"kind": "photo", "pixels": encode_pixels(red), "size": 100})

    assert (digit.shape, face.shape) == ((1, 1, 28, 28), (1, 3, 28, 28))
    assert (digit[0, 0, 2:10, 2:5].min() == 1) == (not centre)
    assert torch.equal(face, red[None, :, :28, :28])


def test_pixels_come_back_as_they_are_described():
    image = torch.randint(256, (1, 3, 11, 64)) / 255

    picture, label = clean_picture(pixels_source(image))

    assert torch.equal(picture, image)
    assert label is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "the source is None: give an object with its kind"),
        ({}, "unknown source None; choose one of: example, mnist"),
        ({"kind": "toy"}, "unknown source 'toy'"),
        ({"kind": ["mnist"]}, "unknown source"),
        ({"kind": "example"}, "index of the source example is missing: give"),
        ({"kind": "example", "index": 0, "colour": 1}, "colour of the source example is unknown"),
        ({"kind": "example", "index": True}, "index of the source example is True"),
        ({"kind": "example", "index": 1.0}, "index of the source example is 1.0"),
        ({"kind": "example", "index": -1}, "index -1 is outside the built-in digits: choose 0 to"),
        ({"kind": "portrait", "index": 10**30}, "outside the portraits: choose 0 to 1"),
        ({"kind": "portrait", "index": 2}, "index 2 is outside the portraits: choose 0 to 1"),
        ({"kind": "drawing", "pixels": "", "size": 27, "centre": True}, "size .* is 27"),
        ({"kind": "drawing", "pixels": "", "size": 561, "centre": True}, "size .* is 561"),
        ({"kind": "drawing", "pixels": "", "size": 28, "centre": "no"}, "centre .* is 'no'"),
        ({"kind": "photo", "pixels": "AAAA", "size": 28}, "28 x 28 x 3 bytes"),
        ({"kind": "pixels", "pixels": "", "height": 10, "width": 28, "channels": 1}, "is 10"),
        ({"kind": "pixels", "pixels": "", "height": 28, "width": 65, "channels": 1}, "is 65"),
        ({"kind": "pixels", "pixels": "", "height": 28, "width": 28, "channels": 2}, "is 2"),
    ],
)
def test_a_malformed_source_is_refused_in_one_sentence(source, message):
    with pytest.raises(ValueError, match=message) as caught:
        clean_picture(source)

    assert "\n" not in str(caught.value)


# The collections


def test_a_new_collection_is_a_source_everywhere(monkeypatch):
    toy = Collection("Toys", "digits", "toy", load_examples, missing="", built_in=False)
    monkeypatch.setitem(COLLECTIONS, "toy", toy)

    assert torch.equal(*(clean_picture({"kind": k, "index": 3})[0] for k in ("toy", "example")))
    assert figure_sources("digits")["toy"] == "Toys"
    assert "toy" not in figure_sources("faces")
    assert count_pictures("digits", "toy") == len(load_examples())
    assert choose_pictures("digits", "toy", 0, 2)[0].shape == (2, 1, 28, 28)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_offers_its_built_in_collection_first_and_the_laboratory_last(domain):
    sources = list(figure_sources(domain))

    assert COLLECTIONS[sources[0]].built_in
    assert sources[-1] == LABORATORY
    assert {COLLECTIONS[key].domain for key in sources[:-1]} == {domain}
    assert all(spec.available() for spec in COLLECTIONS.values() if spec.built_in)
    assert all(spec.missing for spec in COLLECTIONS.values() if not spec.built_in)


@pytest.mark.parametrize(("old", "key"), ALIASES.items())
def test_a_source_in_older_links_is_known_by_its_old_name(old, key):
    assert figure_source(COLLECTIONS[key].domain, old) == key


def test_faces_of_a_folder_wrap_around_at_the_end(tmp_path, monkeypatch):
    for i in range(40):
        Image.new("RGB", (28, 28), (i, 0, 255)).save(tmp_path / f"{i:02}.png")
    monkeypatch.setenv("DENOISE_DATA_DIR", str(tmp_path))
    faces.faces_test.cache_clear()

    clean, labels, _ = choose_pictures("faces", "face", 8, 3)

    count = count_pictures("faces", "faces")
    faces.faces_test.cache_clear()
    assert count == 10
    assert COLLECTIONS["face"].available()
    assert (clean[:, 0, 0, 0] * 255).tolist() == pytest.approx([38, 39, 30])
    assert labels == [None] * 3


def test_mnist_is_refused_where_it_is_missing():
    mnist.mnist_test.cache_clear()

    with pytest.raises(DataError, match="not found"):
        clean_picture({"kind": "mnist", "index": 0})


def test_mnist_digits_come_with_their_labels(fake_mnist, monkeypatch):
    mnist.mnist_test.cache_clear()
    monkeypatch.setenv("DENOISE_DATA_DIR", str(fake_mnist))

    clean, labels, source = choose_pictures("digits", "mnist", 5, 3)

    mnist.mnist_test.cache_clear()
    assert (clean.shape, labels) == ((3, 1, 28, 28), [5, 6, 7])
    assert source == "MNIST test set, number 5 and following"


@pytest.mark.parametrize("domain", DOMAINS)
def test_numbers_wrap_around_after_the_last_picture(domain):
    source = first_source(domain)
    last = count_pictures(domain, source) - 1

    clean, _, _ = choose_pictures(domain, source, last, 2)

    assert torch.equal(clean[1:], DOMAINS[domain].examples().clean(slice(1)))


# The picture on the laboratory's stage


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing is on the laboratory's stage yet"),
        (None, "nothing is on the laboratory's stage yet"),
        (7, "not valid JSON"),
        ("{", "not valid JSON"),
        ("[" * 4000, "not valid JSON"),
        ("x" * 10**6, "not valid JSON"),
        ("[]", "give an object"),
        ("{}", "unknown source None"),
        (picture(extra=1), "extra of the source pixels is unknown"),
        (picture(height=27), "27 x 28 x 1 bytes"),
        (picture().replace('"channels": 1', '"channels": 3'), "28 x 28 x 3 bytes"),
        (picture(3), "in colour, 28 x 28 pixels, and this figure shows digits: show a digit there"),
        (picture(width="28"), "width of the source pixels is '28'"),
        (picture(height=14, width=56), "grey, 14 x 56 pixels, and this figure shows digits"),
        (picture(pixels="AAAA"), "base64"),
        (picture(pixels="!" * 1048), "base64"),
        (picture(pixels=5), "pixels of the source pixels is 5"),
    ],
)
def test_a_malformed_picture_of_the_laboratory_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        laboratory_picture(text, DOMAINS["digits"])


@pytest.mark.parametrize("size", [28, 64])
def test_the_largest_picture_of_the_laboratory_is_not_too_long_to_be_read(size):
    image = json.dumps(pixels_source(torch.rand(1, 3, size, size)))

    if size == 28:
        assert laboratory_picture(image, DOMAINS["faces"]).shape == (1, 3, 28, 28)
    else:
        with pytest.raises(ValueError, match="64 x 64 pixels, and this figure shows faces"):
            laboratory_picture(image, DOMAINS["faces"])


def test_the_laboratorys_picture_is_read_to_the_pixel():
    drawn = torch.arange(784).reshape(1, 28, 28) % 256 / 255
    pixels = base64.b64encode(bytes(i % 256 for i in range(784))).decode()

    assert torch.equal(laboratory_picture(picture(pixels=pixels), DOMAINS["digits"])[0], drawn)
