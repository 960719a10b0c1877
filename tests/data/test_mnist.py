"""MNIST from folders, zips and mirrors, each file checked."""

import gzip
import http.server
import socket
import threading
import tracemalloc
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
    load_mnist,
    mnist,
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
    with pytest.raises(DataError, match="not an MNIST IDX file"):
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
def test_a_file_of_another_length_than_declared_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="truncated"):
        parse_idx(content)


# File locations


@dataclass(frozen=True)
class Fake:
    """The digits of `fake_mnist`, to be written to other places."""

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


@pytest.mark.parametrize("split", SPLITS)
def test_the_named_folder_comes_before_the_environments(
    split, fake_mnist, fake, monkeypatch
) -> None:
    monkeypatch.setenv("DENOISE_DATA_DIR", str(fake_mnist))
    assert has_mnist(split)
    fake.assert_loaded(split)

    monkeypatch.setenv("DENOISE_DATA_DIR", str(fake_mnist / "nowhere"))
    fake.assert_loaded(split, str(fake_mnist))


def test_the_cache_folder_is_searched_last(fake_mnist, no_mnist, fake) -> None:
    no_mnist.parent.mkdir()
    fake_mnist.rename(no_mnist)

    assert has_mnist("train")
    fake.assert_loaded("train")


def test_without_any_files_there_is_no_mnist(no_mnist, tmp_path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"images without labels")

    assert not has_mnist("test")
    assert not has_mnist("train", tmp_path)


# Errors and remedies


def test_a_missing_file_is_named_with_the_remedy(no_mnist, tmp_path) -> None:
    with pytest.raises(DataError) as caught:
        load_mnist("train", tmp_path)

    message = str(caught.value)
    assert IMAGES in message
    assert str(tmp_path) in message
    assert "--data-dir" in message
    assert "DENOISE_DATA_DIR" in message


def test_a_place_that_cannot_even_be_looked_at_counts_as_missing(no_mnist, monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DATA_DIR", "/" + "x" * 5000)  # longer than a path may be

    assert not has_mnist("test")
    with pytest.raises(DataError, match="DENOISE_DATA_DIR") as caught:
        load_mnist("test")
    assert "xxx" not in str(caught.value)


def test_a_mistyped_folder_starts_no_download(no_mnist, tmp_path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        load_mnist("train", tmp_path / "nowhere", download=True)


@pytest.mark.parametrize("content", [b"PK\x05\x06" + bytes(10) + b"\xff" * 8, b"no digits"])
def test_a_file_that_is_not_a_zip_counts_as_empty(content, no_mnist, tmp_path) -> None:
    (tmp_path / "mnist.zip").write_bytes(content)

    assert not has_mnist("test", tmp_path / "mnist.zip")
    with pytest.raises(DataError, match="not found"):
        load_mnist("test", tmp_path / "mnist.zip")


def test_an_unknown_split_is_refused_naming_the_known_ones(fake_mnist) -> None:
    with pytest.raises(DataError, match="train, test"):
        load_mnist("validation", fake_mnist)


@pytest.mark.parametrize("damage", [lambda c: c[:-100], lambda c: c[:999] + b"\1" + c[1000:]])
def test_a_changed_file_is_refused(damage, fake_mnist) -> None:
    path = fake_mnist / IMAGES
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(DataError, match=f"is not MNIST's {IMAGES}.*fetch it again"):
        load_mnist("train", fake_mnist)


@pytest.mark.parametrize("damage", [lambda c: c[:-100], lambda c: c[:30] + b"\0" * 50 + c[80:]])
def test_a_damaged_gzip_is_refused(damage, fake_mnist) -> None:
    path = fake_mnist / IMAGES
    packed = gzip.compress(path.read_bytes())
    path.write_bytes(damage(packed))

    with pytest.raises(DataError, match=f"{IMAGES} is damaged or truncated.*fetch it again"):
        load_mnist("train", fake_mnist)


@pytest.fixture
def zip_file(fake_mnist, tmp_path) -> Path:
    """The files in a zip, compressed."""
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in fake_mnist.iterdir():
            archive.write(path, path.name)
    return tmp_path / "mnist.zip"


def test_a_damaged_zip_is_refused(zip_file) -> None:
    content = bytearray(zip_file.read_bytes())
    start = content.index(IMAGES.encode())
    content[start + 200 : start + 240] = bytes(40)
    zip_file.write_bytes(content)

    with pytest.raises(DataError, match=r"damaged or truncated.*fetch it again"):
        load_mnist("train", zip_file)


def test_a_zip_with_a_password_is_refused(zip_file, encrypt) -> None:
    with pytest.raises(DataError, match=r"encrypted.*fetch it again"):
        load_mnist("train", encrypt(zip_file))


def bomb(size: int) -> bytes:
    """Zeros, gzipped: a thousandth of their size."""
    return gzip.compress(bytes(size), 1)


@pytest.mark.parametrize("place", ["gzip", "plain", "member of a zip", "gzip in a zip"])
def test_a_file_larger_than_mnists_is_not_unpacked_to_its_end(place, fake_mnist, tmp_path) -> None:
    size = 8 * mnist.LARGEST
    source = tmp_path / "bomb"
    source.mkdir()
    if place == "gzip":
        (source / f"{IMAGES}.gz").write_bytes(bomb(size))
    elif place == "plain":
        with (source / IMAGES).open("wb") as file:
            file.truncate(size)  # takes no space
    else:
        source = tmp_path / "bomb.zip"
        with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            content = bomb(size) if place == "gzip in a zip" else bytes(size)
            archive.writestr(IMAGES, content)

    tracemalloc.start()
    with pytest.raises(DataError, match="larger than any file of MNIST: fetch it again"):
        load_mnist("train", source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * mnist.LARGEST


# Digits


def test_digits_are_8_bit_images_with_labels(fake_mnist) -> None:
    digits = load_mnist("train", fake_mnist)

    assert digits.pixels.shape == (120, 1, 28, 28)
    assert digits.pixels.dtype == torch.uint8
    assert digits.labels.shape == (120,)
    assert digits.labels.dtype == torch.int64
    assert len(digits) == 120


# Download


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Write no log."""


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """A function that starts a web server on localhost for one folder."""
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
    """An address on localhost without a server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@pytest.fixture
def mirror(fake_mnist, fake, tmp_path) -> Path:
    """A mirror's folder; its files are in none of the places that are searched."""
    folder = fake.write(tmp_path / "mirror", zipped=True)
    for path in fake_mnist.iterdir():
        path.unlink()
    return folder


@pytest.fixture
def use_mirrors(monkeypatch) -> Callable[..., None]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    return lambda *addresses: monkeypatch.setattr(mnist, "MIRRORS", addresses)


def test_missing_files_are_downloaded_once_into_the_cache_folder(  # noqa: PLR0917
    mirror, use_mirrors, serve, dead_mirror, no_mnist, fake
) -> None:
    use_mirrors(serve(mirror))
    fake.assert_loaded("test", download=True)

    use_mirrors(dead_mirror)

    assert has_mnist("test")
    fake.assert_loaded("test", download=True)
    names = sorted(path.name for path in no_mnist.iterdir())
    assert names == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


def test_the_second_mirror_is_used_when_the_first_is_down(
    mirror, use_mirrors, serve, dead_mirror, fake
) -> None:
    use_mirrors(dead_mirror, serve(mirror))

    fake.assert_loaded("test", download=True)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>log in first</html>", gzip.compress(b"other"), b"\x1f\x8b\x08torn"],
    ids=["nothing", "a web page", "another file", "a torn file"],
)
def test_the_second_mirror_is_used_when_the_first_sends_another_file(
    content, mirror, use_mirrors, serve, fake
) -> None:
    wrong = mirror.with_name("wrong")
    wrong.mkdir()
    for path in mirror.iterdir():
        (wrong / path.name).write_bytes(content)
    use_mirrors(serve(wrong), serve(mirror))

    fake.assert_loaded("test", download=True)


def test_an_interrupted_download_leaves_no_partial_file(
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


def test_with_every_mirror_down_the_message_says_what_to_do(
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


def test_a_mirror_that_sends_without_end_is_left(mirror, use_mirrors, serve, tmp_path) -> None:
    endless = tmp_path / "endless"
    endless.mkdir()
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        with (endless / name).open("wb") as file:
            file.truncate(2 * mnist.LARGEST)
    use_mirrors(serve(endless))

    with pytest.raises(DataError, match="sends more than MNIST"):
        load_mnist("test", download=True)


def test_without_a_cache_folder_the_download_is_used_from_memory(  # noqa: PLR0917
    mirror, use_mirrors, serve, fake, cache_folder, capsys
) -> None:
    use_mirrors(serve(mirror))
    cache_folder.write_text("a file in the way")

    fake.assert_loaded("test", download=True)

    assert "set XDG_CACHE_HOME" in capsys.readouterr().err
    assert cache_folder.read_text() == "a file in the way"


def test_nothing_is_downloaded_without_permission(mirror, use_mirrors, serve) -> None:
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
@pytest.mark.parametrize(
    ("split", "count", "first"),
    [("train", 60_000, [5, 0, 4, 1, 9]), ("test", 10_000, [7, 2, 1, 0])],
)
def test_mnist_itself_has_all_its_digits(
    split: str, count: int, first: list[int], data_dir: Path
) -> None:
    assert has_mnist(split, data_dir)

    digits = load_mnist(split, data_dir)

    assert len(digits) == len(digits.labels) == count
    assert sorted(digits.labels.unique().tolist()) == list(range(10))
    assert digits.labels[: len(first)].tolist() == first
    assert int(digits.pixels.min()) == 0
    assert int(digits.pixels.max()) == 255
