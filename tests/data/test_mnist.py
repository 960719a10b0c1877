"""MNIST from folders, zips and mirrors, each checked; the splits; the built-in digits."""

import gzip
import http.server
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch

from denoise_demo.data import (
    DataError,
    Images,
    has_mnist,
    load_examples,
    load_mnist,
    mnist,
    split_train,
)
from denoise_demo.data.mnist import parse_idx
from tests.synthetic import make_digits, write_mnist

IMAGES = "train-images-idx3-ubyte"
SPLITS = ["train", "test"]
HEADER = b"\0\0\x08\x03" + b"".join(size.to_bytes(4, "big") for size in (2, 3, 4))


# IDX files


def test_idx_images_are_read_row_by_row() -> None:
    values = parse_idx(HEADER + bytes(range(24)))

    assert values.shape == (2, 3, 4)
    assert values[1, 2].tolist() == [20, 21, 22, 23]


def test_idx_labels_are_read() -> None:
    values = parse_idx(b"\0\0\x08\x01" + (3).to_bytes(4, "big") + bytes([7, 2, 1]))

    assert values.tolist() == [7, 2, 1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0",
        b"\0\0\x0b\x03" + HEADER[4:] + bytes(24),
        b"\0\0\x08\x02" + HEADER[4:] + bytes(24),
        b"<html>not found</html>",
    ],
    ids=["empty", "two bytes", "16-bit values", "two dimensions", "a web page"],
)
def test_a_file_with_another_magic_number_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="not an IDX file of MNIST"):
        parse_idx(content)


@pytest.mark.parametrize(
    "content",
    [
        HEADER[:4],
        HEADER[:8],
        HEADER[:9],
        HEADER,
        HEADER + bytes(23),
        HEADER + bytes(25),
        b"\0\0\x08\x03" + b"\xff" * 12 + bytes(24),
    ],
    ids=[
        "magic only",
        "one size",
        "half a size",
        "no values",
        "one too few",
        "one too many",
        "huge sizes",
    ],
)
def test_a_file_of_another_length_than_announced_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="truncated"):
        parse_idx(content)


# Where the files may lie


@dataclass(frozen=True)
class Fake:
    """The digits of `fake_mnist`, to be written elsewhere and recognised."""

    digits: dict[str, Images]
    writer: Callable[..., Path]

    def write(self, folder: Path, **naming: bool) -> Path:
        return self.writer(folder, self.digits["train"], self.digits["test"], **naming)

    def assert_loaded(self, split: str, source: Path | None = None, **options: bool) -> None:
        loaded = load_mnist(split, source, **options)
        assert torch.equal(loaded.pixels, self.digits[split].pixels)
        assert torch.equal(loaded.labels, self.digits[split].labels)


@pytest.fixture
def fake(fake_mnist) -> Fake:
    return Fake({"train": make_digits(120), "test": make_digits(40, seed=1)}, write_mnist)


@pytest.mark.parametrize("split", SPLITS)
def test_files_in_the_named_folder_are_loaded(split, fake_mnist, fake) -> None:
    fake.assert_loaded(split, fake_mnist)


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("dotted", [False, True], ids=["-idx", ".idx"])
@pytest.mark.parametrize("below", [".", "mnist"])
def test_every_usual_name_and_place_is_found(zipped, dotted, below, fake, tmp_path) -> None:
    fake.write(tmp_path / "elsewhere" / below, zipped=zipped, dotted=dotted)

    assert has_mnist("train", tmp_path / "elsewhere")
    fake.assert_loaded("train", tmp_path / "elsewhere")


@pytest.mark.parametrize("prefix", ["", "mnist/", "archive/raw/"])
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzipped"])
def test_a_zip_is_read_without_unpacking(prefix, zipped, fake, tmp_path) -> None:
    files = fake.write(tmp_path / "files", zipped=zipped)
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w") as archive:
        for path in files.iterdir():
            archive.write(path, prefix + path.name)

    assert has_mnist("test", tmp_path / "mnist.zip")
    fake.assert_loaded("test", tmp_path / "mnist.zip")


def test_a_path_may_be_text(fake_mnist, fake) -> None:
    fake.assert_loaded("train", str(fake_mnist))


def test_the_environment_names_the_folder(fake_mnist, fake, monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DATA_DIR", str(fake_mnist))

    assert has_mnist("train")
    fake.assert_loaded("train")


def test_a_named_folder_comes_before_the_environment(fake_mnist, fake, monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DATA_DIR", str(fake_mnist / "nowhere"))

    fake.assert_loaded("train", fake_mnist)


def test_the_cache_folder_is_looked_into_last(fake_mnist, no_mnist, fake) -> None:
    no_mnist.parent.mkdir()
    fake_mnist.rename(no_mnist)

    assert has_mnist("train")
    fake.assert_loaded("train")


def test_without_any_files_there_is_no_mnist(no_mnist, tmp_path) -> None:
    assert not has_mnist("train")
    assert not has_mnist("test", tmp_path)


def test_images_without_labels_are_no_mnist(fake_mnist) -> None:
    (fake_mnist / "train-labels-idx1-ubyte").unlink()

    assert not has_mnist("train", fake_mnist)
    assert has_mnist("test", fake_mnist)


# What is wrong, and what to do


def test_a_missing_file_is_named_with_the_remedy(no_mnist, tmp_path) -> None:
    with pytest.raises(DataError) as caught:
        load_mnist("train", tmp_path)

    message = str(caught.value)
    assert IMAGES in message
    assert str(tmp_path) in message
    assert "--data-dir" in message
    assert "DENOISE_DATA_DIR" in message


def test_a_mistyped_folder_is_no_reason_to_download(no_mnist, tmp_path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        load_mnist("train", tmp_path / "nowhere", download=True)


def test_a_damaged_zip_counts_as_an_empty_place(no_mnist, tmp_path, monkeypatch) -> None:
    broken = tmp_path / "mnist.zip"
    broken.write_bytes(b"PK\x05\x06" + bytes(10) + b"\xff" * 8)
    monkeypatch.setenv("DENOISE_DATA_DIR", str(broken))

    assert not mnist.has_mnist("test")


def test_a_file_that_is_no_zip_counts_as_an_empty_place(no_mnist, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("no digits here")

    with pytest.raises(DataError, match="not found"):
        load_mnist("train", tmp_path / "notes.txt")


def test_an_unknown_split_is_refused_naming_the_known_ones(fake_mnist) -> None:
    with pytest.raises(DataError, match="train, test"):
        load_mnist("validation", fake_mnist)


def test_a_changed_byte_is_noticed(fake_mnist) -> None:
    path = fake_mnist / IMAGES
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)

    with pytest.raises(DataError, match=f"is not MNIST's {IMAGES}.*fetch it again"):
        load_mnist("train", fake_mnist)


def test_a_truncated_file_is_noticed(fake_mnist) -> None:
    path = fake_mnist / IMAGES
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(DataError, match=r"fetch it again"):
        load_mnist("train", fake_mnist)


@pytest.mark.parametrize("damage", [lambda c: c[:-100], lambda c: c[:30] + b"\0" * 50 + c[80:]])
def test_a_damaged_gzip_is_noticed(damage, fake_mnist) -> None:
    path = fake_mnist / IMAGES
    packed = gzip.compress(path.read_bytes())
    path.write_bytes(damage(packed))

    with pytest.raises(DataError, match=f"{IMAGES} is damaged or truncated.*fetch it again"):
        load_mnist("train", fake_mnist)


def test_a_damaged_zip_is_noticed(fake_mnist, tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in fake_mnist.iterdir():
            archive.write(path, path.name)
        start = archive.getinfo(IMAGES).header_offset
    content = bytearray((tmp_path / "mnist.zip").read_bytes())
    content[start + 200 : start + 240] = bytes(40)
    (tmp_path / "mnist.zip").write_bytes(content)

    with pytest.raises(DataError, match=r"damaged or truncated.*fetch it again"):
        load_mnist("train", tmp_path / "mnist.zip")


def test_a_zip_with_a_password_is_noticed(fake_mnist, tmp_path, encrypt) -> None:
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w") as archive:
        for path in fake_mnist.iterdir():
            archive.write(path, path.name)

    with pytest.raises(DataError, match=r"encrypted.*fetch it again"):
        load_mnist("train", encrypt(tmp_path / "mnist.zip"))


# Digits


def test_digits_are_8_bit_images_with_labels(fake_mnist) -> None:
    digits = load_mnist("train", fake_mnist)

    assert digits.pixels.shape == (120, 1, 28, 28)
    assert digits.pixels.dtype == torch.uint8
    assert digits.labels.shape == (120,)
    assert digits.labels.dtype == torch.int64
    assert len(digits) == 120


def test_clean_digits_are_floats_from_0_to_1(digits) -> None:
    clean = digits.clean(slice(10, 15))

    assert clean.shape == (5, 1, 28, 28)
    assert clean.dtype == torch.float32
    assert torch.equal((clean * 255).round().byte(), digits.pixels[10:15])


def test_the_last_digits_validate_and_the_rest_train(digits) -> None:
    train, validation = split_train(digits, 20)

    assert (len(train), len(validation)) == (100, 20)
    assert torch.equal(torch.cat([train.pixels, validation.pixels]), digits.pixels)
    assert torch.equal(torch.cat([train.labels, validation.labels]), digits.labels)


@pytest.mark.parametrize(
    ("validation", "count"), [(10_000, 10_000), (10_000.0, 10_000), (0.1, 6000), (1e-5, 1)]
)
def test_so_many_of_the_last_images_validate_or_such_a_share_of_them(
    validation: float, count: int
) -> None:
    numbered = Images(torch.zeros(60_000, 1, 1, 1), torch.arange(60_000), "numbers", ("hash",))

    train, held = split_train(numbered, validation)

    assert train.labels.tolist() == list(range(60_000 - count))
    assert held.labels.tolist() == list(range(60_000 - count, 60_000))
    assert (held.source, held.sha256) == ("numbers", ("hash",))


def test_a_share_of_no_image_at_all_leaves_every_image_for_training() -> None:
    numbered = Images(torch.zeros(4, 1, 1, 1), torch.arange(4), "numbers")

    train, held = split_train(numbered, 0.1)

    assert (len(train), len(held)) == (4, 0)


# Built-in digits


def test_at_least_two_built_in_digits_of_every_class() -> None:
    examples = load_examples()

    assert len(examples) >= 20
    assert torch.bincount(examples.labels, minlength=10).min() >= 2
    assert examples.labels.max() <= 9


def test_built_in_digits_look_like_mnist() -> None:
    clean = load_examples().clean()

    assert clean.shape[1:] == (1, 28, 28)
    assert (clean.amax((1, 2, 3)) > 0.9).all()
    ink = clean.mean((1, 2, 3))
    assert ink.min() > 0.03
    assert ink.max() < 0.3
    place = torch.arange(28.0)
    mass = clean.sum((1, 2, 3))
    for axis in (2, 3):
        centre = (clean.sum(5 - axis).squeeze(1) * place).sum(1) / mass
        assert ((centre - 14).abs() < 1.5).all()


def test_built_in_digits_are_all_different() -> None:
    examples = load_examples()

    assert len(examples.pixels.flatten(1).unique(dim=0)) == len(examples)


def test_built_in_digits_say_where_they_come_from() -> None:
    assert load_examples().source == "built-in digits"


# Download


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """A maker of web servers on localhost, each serving one folder."""
    servers = []

    def start(folder: Path) -> str:
        handler = partial(QuietHandler, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def dead_mirror() -> str:
    """An address on localhost where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@pytest.fixture
def mirror(fake_mnist, fake, tmp_path) -> Path:
    """A folder as a mirror has it; nothing of it is on this machine's own places."""
    folder = fake.write(tmp_path / "mirror", zipped=True)
    for path in fake_mnist.iterdir():
        path.unlink()
    return folder


@pytest.fixture
def use_mirrors(monkeypatch) -> Callable[..., None]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    return lambda *addresses: monkeypatch.setattr(mnist, "MIRRORS", addresses)


def test_missing_files_are_downloaded_into_the_cache_folder(
    mirror, use_mirrors, serve, no_mnist, fake
) -> None:
    use_mirrors(serve(mirror))

    fake.assert_loaded("test", download=True)

    names = sorted(path.name for path in no_mnist.iterdir())
    assert names == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


def test_what_was_downloaded_is_not_fetched_again(
    mirror, use_mirrors, serve, dead_mirror, fake
) -> None:
    use_mirrors(serve(mirror))
    load_mnist("test", download=True)

    use_mirrors(dead_mirror)

    assert has_mnist("test")
    fake.assert_loaded("test", download=True)


def test_the_second_mirror_helps_when_the_first_is_dead(
    mirror, use_mirrors, serve, dead_mirror, fake
) -> None:
    use_mirrors(dead_mirror, serve(mirror))

    fake.assert_loaded("test", download=True)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>log in first</html>", gzip.compress(b"other"), b"\x1f\x8b\x08torn"],
    ids=["nothing", "a web page", "another file", "a torn file"],
)
def test_the_second_mirror_helps_when_the_first_sends_something_else(
    content, mirror, use_mirrors, serve, fake
) -> None:
    wrong = mirror.with_name("wrong")
    wrong.mkdir()
    for path in mirror.iterdir():
        (wrong / path.name).write_bytes(content)
    use_mirrors(serve(wrong), serve(mirror))

    fake.assert_loaded("test", download=True)


def test_a_download_that_breaks_off_leaves_no_torn_file(
    mirror, use_mirrors, serve, no_mnist, monkeypatch
) -> None:
    def announce_too_much(handler: QuietHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b"\x1f\x8b only the beginning")

    monkeypatch.setattr(QuietHandler, "do_GET", announce_too_much)
    use_mirrors(serve(mirror))

    with pytest.raises(DataError, match="could not download"):
        load_mnist("test", download=True)

    assert not [path for path in no_mnist.rglob("*") if path.is_file()]


def test_with_every_mirror_dead_the_message_says_what_to_do(
    mirror, use_mirrors, dead_mirror, no_mnist
) -> None:
    use_mirrors(dead_mirror, dead_mirror)

    with pytest.raises(DataError, match="could not download t10k-images") as caught:
        load_mnist("test", download=True)

    message = str(caught.value)
    assert dead_mirror in message
    assert "connection" in message
    assert "--data-dir" in message
    assert not [path for path in no_mnist.rglob("*") if path.is_file()]


def test_nothing_is_downloaded_unless_asked_for(mirror, use_mirrors, serve) -> None:
    use_mirrors(serve(mirror))

    with pytest.raises(DataError, match="not found"):
        load_mnist("test")


def test_tests_cannot_reach_beyond_localhost() -> None:
    with (
        socket.socket() as outside,
        pytest.warns(UserWarning, match="tried to use socket"),
        pytest.raises(RuntimeError, match=r"192\.0\.2\.1"),
    ):
        outside.connect(("192.0.2.1", 80))


# The real files


@pytest.mark.data
@pytest.mark.parametrize(("split", "count"), [("train", 60_000), ("test", 10_000)])
def test_mnist_itself_has_all_its_digits(split: str, count: int, data_dir: Path) -> None:
    digits = load_mnist(split, data_dir)

    assert len(digits) == len(digits.labels) == count
    assert sorted(digits.labels.unique().tolist()) == list(range(10))
    assert int(digits.pixels.min()) == 0
    assert int(digits.pixels.max()) == 255


@pytest.mark.data
def test_mnist_itself_begins_with_its_well_known_digits(data_dir: Path) -> None:
    assert load_mnist("train", data_dir).labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert load_mnist("test", data_dir).labels[:5].tolist() == [7, 2, 1, 0, 4]


@pytest.mark.data
@pytest.mark.parametrize("split", SPLITS)
def test_mnist_itself_is_found_without_a_download(split: str, data_dir: Path) -> None:
    assert has_mnist(split, data_dir)
