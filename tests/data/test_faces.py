"""Faces from a folder or a zip of any picture files: read once, cached as one array."""

import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from denoise_demo.data import albums, faces, images
from denoise_demo.data.faces import FEWEST, has_faces, load_faces
from denoise_demo.data.mnist import DataError, Images

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def cache(cache_folder: Path) -> Path:
    """The folder for the cached array, not yet created; every test prints its messages."""
    forget()
    return cache_folder / "faces"


def forget() -> None:
    """Forget what the process has read and printed, as in another process."""
    images.print_once.cache_clear()
    faces._last.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


def picture(seed: int, width: int = 30, height: int = 30) -> Image.Image:
    """Return a smooth picture with colours that depend on its number."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def album(count: int = FEWEST, name: str = "{:03}.png") -> dict[str, bytes]:
    """Return the contents of this many picture files, by name."""
    return {name.format(i): encoded(picture(i)) for i in range(count)}


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def every(place: Path) -> np.ndarray:
    """Return the pixels of all faces, training then test."""
    both = [load_faces(split, place).pixels for split in ("train", "test")]
    return torch.cat(both).numpy()


def only(content: bytes, folder: Path) -> np.ndarray:
    """Return one picture as loaded, (3, 28, 28); it is the first of several."""
    write_folder(folder, {**album(name="z{:03}.png"), "a.jpg": content})
    pixels = every(folder)
    assert len(pixels) == FEWEST + 1
    return pixels[0]


def refusal(place: Path | str | None) -> str:
    """Return the message when no faces can be loaded: one sentence, with a remedy."""
    with pytest.raises(DataError) as caught:
        load_faces("train", place)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


# Readable pictures


def test_a_folder_and_a_zip_give_the_same_array_in_the_order_of_the_names(
    folder: Path, tmp_path: Path
) -> None:
    # A slash comes after a dash and a dot, and before every letter.
    names = ["b.png", "b/c.png", "a-1.png", "a/z.PNG", "a.png", "B.png", "10.png", "9.png"]
    files = {name: encoded(picture(i)) for i, name in enumerate(names)} | album(name="z{:03}.png")
    expected = np.stack([picture_of(files[name]) for name in sorted(files)])

    unpacked = write_folder(folder, files)
    zipped = write_zip(tmp_path / "faces.zip", files)

    np.testing.assert_array_equal(every(unpacked), expected)
    np.testing.assert_array_equal(every(zipped), expected)
    first, second = (load_faces("train", place) for place in (unpacked, zipped))
    assert first.sha256 == second.sha256
    assert (first.source, second.source) == ("pictures train split", "faces.zip train split")


@pytest.mark.parametrize("size", [(28, 28), (29, 28), (64, 64), (178, 218), (300, 60), (2000, 900)])
def test_the_middle_square_is_averaged_down(size: tuple[int, int], folder: Path) -> None:
    width, height = size
    image = picture(7, width, height)

    pixels = only(encoded(image), folder)

    side = min(size)
    values = np.asarray(image, dtype=float)
    left, top = (width - side) / 2, (height - side) / 2
    expected = averaged(averaged(values, left, side, 1), top, side, 0).transpose(2, 0, 1)
    assert np.abs(pixels - expected).mean() < 4
    assert np.abs(pixels - expected).max() < 24


def averaged(values: np.ndarray, start: float, side: float, axis: int) -> np.ndarray:
    """Average 28 equal sections of a line, weighting each pixel by its part inside."""
    edges = start + side * np.arange(29) / 28
    cells = np.arange(values.shape[axis])
    inside = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    weights = inside.clip(0) * 28 / side
    return np.moveaxis(np.tensordot(weights, values, (1, axis)), 0, axis)


def test_detail_finer_than_pixels_becomes_grey_without_moire(folder: Path) -> None:
    board = np.indices((280, 280)).sum(0) % 2 * 255

    pixels = only(encoded(Image.fromarray(board.astype(np.uint8))), folder)

    assert np.abs(pixels.astype(int) - 128).max() <= 3


def test_only_the_middle_of_a_wide_picture_is_kept(folder: Path) -> None:
    wide = Image.new("RGB", (300, 100), (255, 0, 0))
    wide.paste((0, 255, 0), (100, 0, 200, 100))

    pixels = only(encoded(wide), folder)

    assert (pixels[:, :, 3:-3] == np.array([0, 255, 0]).reshape(3, 1, 1)).all()
    assert pixels[0].max() < 24  # at the border the filter reaches a little beyond the crop


def test_three_quarters_of_readable_faces_train_and_the_rest_test(folder: Path) -> None:
    files = album(43)
    everything = np.stack([faces.to_face(picture(i)) for i in range(43)])
    write_folder(folder, files | {f"00{i}x.png": b"text" for i in range(4)})

    train, test = (load_faces(split, folder) for split in ("train", "test"))

    np.testing.assert_array_equal(train.pixels.numpy(), everything[:32])
    np.testing.assert_array_equal(test.pixels.numpy(), everything[32:])
    assert test.pixels.is_contiguous()
    assert test.labels.tolist() == [-1] * 11
    assert (train.source, test.source) == ("pictures train split", "pictures test split")
    assert train.sha256 == test.sha256 == (hashlib.sha256(everything.tobytes()).hexdigest(),)


@pytest.mark.parametrize("split", ["", "validation", None, 1])
def test_an_unknown_split_is_refused(split: object, folder: Path) -> None:
    with pytest.raises(DataError, match=r"unknown split.*train, test"):
        load_faces(split, write_folder(folder, album()))


def test_all_common_formats_are_read(folder: Path) -> None:
    kinds = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP"}
    kinds |= {"bmp": "BMP", "tif": "TIFF", "tiff": "TIFF", "JPG": "JPEG"}
    files = {f"0.{end}": encoded(picture(1), kind) for end, kind in kinds.items()}

    pixels = every(write_folder(folder, {**files, **album()}))

    expected = faces.to_face(picture(1)).astype(int)
    assert len(pixels) == FEWEST + len(kinds)
    assert all(np.abs(found - expected).mean() < 12 for found in pixels[: len(kinds)])


# Search order


@pytest.mark.parametrize("place", ["faces", "faces/deep/er"])
def test_a_faces_folder_in_the_data_folder_is_searched(place: str, tmp_path: Path) -> None:
    write_folder(tmp_path / "data" / "mnist", {"train-images-idx3-ubyte": b"digits"})
    write_folder(tmp_path / "data" / place, album())

    assert len(load_faces("train", tmp_path / "data")) == 30


@pytest.mark.parametrize("place", ["", "faces"])
def test_a_zip_in_the_data_folder_is_found(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "data" / place
    folder.mkdir(parents=True)
    write_zip(folder / "faces64.zip", album())

    assert load_faces("train", tmp_path / "data").source == "faces64.zip train split"


def test_the_environment_or_the_current_folder_can_be_the_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DENOISE_DATA_DIR", str(write_folder(folder, album())))
    monkeypatch.chdir(folder)

    assert has_faces()
    assert len(load_faces("test")) == 10
    assert load_faces("train", ".").source == "pictures train split"


def test_hidden_files_of_archivers_and_editors_are_ignored(
    folder: Path, tmp_path: Path, capsys
) -> None:
    hidden = ["__MACOSX/._0.jpg", "__MACOSX/img/0.jpg", ".thumbnails/0.png", "img/.0.png"]
    files = album() | dict.fromkeys([*hidden, "Thumbs.db", "list.txt"], b"a resource fork")

    assert len(every(write_folder(folder, files))) == FEWEST
    assert len(every(write_zip(tmp_path / "faces.zip", files))) == FEWEST
    assert capsys.readouterr().err == ""


def test_a_folder_named_like_a_picture_is_searched(folder: Path, tmp_path: Path) -> None:
    files = album(name="holiday.jpg/{:03}.png")
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        archive.mkdir("holiday.jpg")
        for name, content in files.items():
            archive.writestr(name, content)

    assert len(every(write_folder(folder, files))) == FEWEST
    assert len(every(tmp_path / "faces.zip")) == FEWEST


# The cache


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def forbid() -> None:
        def read(content: bytes) -> Image.Image:
            raise AssertionError("a picture was read again")

        monkeypatch.setattr(faces, "read_image", read)

    return forbid


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Path:
    """A folder or a zip of faces."""
    if request.param == "folder":
        return write_folder(folder, album())
    return write_zip(tmp_path / "faces.zip", album())


def test_pictures_are_read_once_and_cached_as_one_array(
    place: Path, cache: Path, no_reading
) -> None:
    first = load_faces("train", place)
    forget()
    no_reading()

    again, test = load_faces("train", place), load_faces("test", place)

    [kept] = cache.iterdir()
    with np.load(kept, allow_pickle=False) as arrays:
        assert arrays["pixels"].shape == (FEWEST, 3, 28, 28)
        assert hashlib.sha256(arrays["pixels"].tobytes()).hexdigest() == first.sha256[0]
    assert torch.equal(again.pixels, first.pixels)
    assert again.pixels.stride() == first.pixels.stride()
    assert again.sha256 == first.sha256 == test.sha256
    assert len(test) == 10


def test_only_the_cache_is_written_and_nothing_is_unpacked(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = tree(tmp_path)

    every(place)

    new = {name: content for name, content in tree(tmp_path).items() if name not in before}
    assert {name for name, content in new.items() if content is None} == {"cache", "cache/faces"}
    [kept] = [name for name, content in new.items() if content is not None]
    assert kept.startswith("cache/faces/")
    assert kept.endswith(".npz")
    assert {name: tree(tmp_path)[name] for name in before} == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"no array",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
        lambda content: encoded_array(np.zeros((FEWEST, 3, 28, 28), np.uint8)),
        lambda content: encoded_array(np.zeros((0, 3, 28, 28), np.uint8), sha256=np.array("x")),
        lambda content: encoded_array(
            np.zeros((FEWEST, 3, 28, 28), np.uint8),
            sha256=np.array("of other pixels"),
            skipped=np.array("{}"),
        ),
        lambda content: content[content.index(b"sha256.npy") :],
    ],
)
def test_a_damaged_cache_is_rebuilt(damage, place: Path, cache: Path, no_reading) -> None:
    first = load_faces("train", place)
    [kept] = cache.iterdir()
    sound = kept.read_bytes()
    kept.write_bytes(damage(sound))
    forget()

    again = load_faces("train", place)

    assert torch.equal(again.pixels, first.pixels)
    forget()
    no_reading()
    assert torch.equal(load_faces("train", place).pixels, first.pixels)


def encoded_array(pixels: np.ndarray, **more: np.ndarray) -> bytes:
    content = io.BytesIO()
    if more:
        np.savez(content, pixels=pixels, **more)
    else:
        np.save(content, pixels)
    return content.getvalue()


CHANGES = {
    "one changed": lambda files: files | {"007.png": encoded(picture(1000))},
    "one added": lambda files: files | {"0065.png": encoded(picture(1000))},
    "one gone": lambda files: {name: files[name] for name in files if name != "007.png"},
    "two swapped": lambda files: files | {"007.png": files["008.png"], "008.png": files["007.png"]},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_change_of_the_pictures_is_noticed(
    zipped: bool, change, folder: Path, tmp_path: Path
) -> None:
    def write(files: dict[str, bytes]) -> Path:
        if zipped:
            return write_zip(tmp_path / "faces.zip", files)
        for path in folder.glob("*"):
            path.unlink()
        return write_folder(folder, files)

    files = album(FEWEST + 1)
    before = every(write(files))

    after = every(write(change(files)))

    expected = [picture_of(content) for _, content in sorted(change(files).items())]
    np.testing.assert_array_equal(after, np.stack(expected))
    assert before.shape != after.shape or (before != after).any()


def picture_of(content: bytes) -> np.ndarray:
    return faces.to_face(Image.open(io.BytesIO(content)))


def test_a_moved_zip_is_not_read_again(place: Path, tmp_path: Path, no_reading) -> None:
    first = load_faces("train", place)
    no_reading()

    moved = place.rename(tmp_path / f"moved{place.suffix}")
    forget()

    assert torch.equal(load_faces("train", moved).pixels, first.pixels)


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_an_interruption_leaves_no_partial_cache(
    moment: str, place: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(content: bytes | int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(
            *((faces, "read_image") if moment == "reading" else (os, "fsync")), interrupt
        )
        with pytest.raises(KeyboardInterrupt):
            load_faces("train", place)

    assert not [path for path in cache.rglob("*") if path.is_file()]
    assert len(load_faces("train", place)) == 30


def test_without_a_cache_the_pictures_are_read_once_and_kept_in_memory(
    place: Path, cache_folder: Path, no_reading, capsys
) -> None:
    cache_folder.write_text("a file in the way")

    first = load_faces("train", place)

    no_reading()
    assert torch.equal(load_faces("train", place).pixels, first.pixels)
    assert len(load_faces("test", place)) == 10
    [said] = capsys.readouterr().err.splitlines()
    assert "the faces cannot be cached" in said
    assert "set XDG_CACHE_HOME" in said


@pytest.mark.parametrize("writable", [True, False], ids=["with a cache", "without one"])
def test_several_threads_wait_for_one_reading(
    writable: bool, place: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not writable:
        cache_folder.write_text("a file in the way")
    read, reading = [], faces.read_image

    def counting(content: bytes) -> Image.Image:
        read.append(content)
        return reading(content)

    monkeypatch.setattr(faces, "read_image", counting)
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load_faces("train", place), range(8)))

    assert len(read) == FEWEST
    assert all(torch.equal(each.pixels, loaded[0].pixels) for each in loaded)


READER = """
import sys
from pathlib import Path
import pooch
from denoise_demo.data import faces
place, cache, log = map(Path, sys.argv[1:])
pooch.os_cache = lambda name: cache
reading = faces.read_image
def logged(content):
    with log.open("a") as file:
        file.write("read\\n")
    return reading(content)
faces.read_image = logged
print(faces.load_faces("train", place).sha256[0])
"""


@pytest.mark.slow
def test_two_processes_wait_for_one_reading(place: Path, cache: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", READER, str(place), str(cache.parent), str(log)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    printed = {process.communicate(timeout=100)[0] for process in processes}

    assert printed == {f"{load_faces('train', place).sha256[0]}\n"}
    assert len(log.read_text().splitlines()) == FEWEST
    assert [path.suffix for path in cache.iterdir()] == [".npz"]


# Files that cannot be read


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def huge_header() -> bytes:
    """A PNG with a header of 20,000 x 20,000 pixels and no pixels."""
    size = struct.pack(">II5B", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + size
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    return start + struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 10**6) + b"IDAT"


BAD = {
    "text.jpg": (b"dear diary", "not a picture"),
    "empty.jpg": (b"", "empty"),
    "half.jpg": (truncated(encoded(picture(1, 200, 200), "JPEG")), "damaged"),
    "dot.png": (encoded(picture(1, 1, 1)), "1 x 1"),
    "small.png": (encoded(picture(1, 27, 100)), "27 x 100"),
    "huge.png": (huge_header(), "20,000 x 20,000"),
}


@pytest.mark.parametrize("zipped", [False, True])
def test_files_that_cannot_be_read_are_skipped_and_named_with_the_reason(
    zipped: bool, folder: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "NAMED", len(BAD))
    files = album() | {name: content for name, (content, _) in BAD.items()}
    place = write_zip(tmp_path / "a.zip", files) if zipped else write_folder(folder, files)

    pixels = every(place)

    np.testing.assert_array_equal(pixels, [faces.to_face(picture(i)) for i in range(FEWEST)])
    [line] = capsys.readouterr().err.splitlines()
    assert f"skipped {len(BAD)} of {FEWEST + len(BAD)} pictures" in line
    assert all(re.search(f"{name}' .[^;]*{why}", line) for name, (_, why) in BAD.items()), line


def test_a_few_of_many_skipped_files_are_named_even_from_the_cache(
    folder: Path, capsys, no_reading
) -> None:
    write_folder(folder, album() | {f"bad-{i}.jpg": b"text" for i in range(7)})
    load_faces("train", folder)
    first = capsys.readouterr().err
    images.print_once.cache_clear()  # as in another run
    no_reading()

    load_faces("train", folder)

    assert capsys.readouterr().err == first
    assert "skipped 7 of 47 pictures" in first
    assert all(f"bad-{i}.jpg" in first for i in range(3))
    assert "bad-3.jpg" not in first
    assert "and 4 more" in first


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_files_that_are_not_regular_are_skipped(folder: Path, capsys) -> None:
    write_folder(folder, album())
    os.mkfifo(folder / "pipe.jpg")
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")

    assert len(load_faces("train", folder)) == 30
    message = capsys.readouterr().err
    assert "pipe.jpg" in message
    assert "dangling.jpg" in message


# Missing or too few pictures


def test_a_missing_place_is_refused_with_the_remedy(tmp_path: Path) -> None:
    assert "--data-dir or DENOISE_DATA_DIR" in refusal(None)
    assert "does not exist" in refusal(tmp_path / "nowhere")
    assert not has_faces()
    assert not has_faces(tmp_path / "nowhere")


def test_a_place_that_cannot_even_be_looked_at_counts_as_missing(monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DATA_DIR", "/" + "x" * 5000)  # longer than a path may be

    assert not has_faces()
    with pytest.raises(DataError, match="that DENOISE_DATA_DIR names does not exist") as caught:
        load_faces("test")
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
@pytest.mark.parametrize("zipped", [False, True])
def test_too_few_pictures_are_refused(
    count: int, zipped: bool, folder: Path, tmp_path: Path
) -> None:
    folder.mkdir()
    files = album(count)
    place = write_zip(tmp_path / "a.zip", files) if zipped else write_folder(folder, files)

    message = refusal(place)

    assert f"has {count} readable pictures" in message
    assert f"at least {FEWEST} are needed" in message
    assert not has_faces(place)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + bytes(100), None])
def test_a_file_that_is_not_a_zip_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "faces.zip", album())
    path.write_bytes(path.read_bytes()[:-30] if content is None else content)

    assert "faces.zip is not a zip file, or is damaged" in refusal(path)
    assert not has_faces(path)


# Malicious zips


@pytest.mark.parametrize(
    "name",
    ["../evil.jpg", "a/../../evil.jpg", "/evil.jpg", "..\\evil.jpg", "\\evil.jpg", "C:\\evil.jpg"],
)
def test_a_member_with_a_path_outside_the_zip_is_skipped(name: str, tmp_path: Path, capsys) -> None:
    path = write_zip(tmp_path / "faces.zip", album() | {name: encoded(picture(1))})

    load_faces("train", path)

    assert not list(tmp_path.rglob("*evil*"))
    assert not Path("/evil.jpg").exists()
    assert not (tmp_path.parent / "evil.jpg").exists()
    message = capsys.readouterr().err
    assert "skipped 1 of 41" in message
    assert "its path points outside the zip" in message


def test_backslashes_in_a_zip_separate_folders(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "faces.zip", album(name="img\\{:03}.png"))

    assert len(load_faces("train", path)) == 30


def test_a_zip_bomb_is_refused_by_its_declared_size(tmp_path: Path) -> None:
    zeros = bytes(30_000_000)
    path = write_zip(
        tmp_path / "bomb.zip", {f"{i}.bmp": zeros for i in range(8)}, zipfile.ZIP_DEFLATED
    )

    message = refusal(path)

    assert "zip bomb" in message
    assert not has_faces(path)


def test_a_large_zip_of_stored_pictures_is_no_bomb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(albums, "LARGEST_FILE", 10_000)  # makes this small zip count as large
    path = write_zip(tmp_path / "faces.zip", album(), zipfile.ZIP_DEFLATED)

    assert len(load_faces("train", path)) == 30


def with_announced_size(path: Path, name: str, size: int) -> None:
    """Change the uncompressed size that a zip declares for a member, in both places."""
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    local = content.index(name.encode(), 0, directory) - 30
    central = content.index(name.encode(), directory) - 46
    content[local + 22 : local + 26] = struct.pack("<I", size)
    content[central + 24 : central + 28] = struct.pack("<I", size)
    path.write_bytes(content)


def test_a_member_larger_than_declared_is_not_read_to_its_end(tmp_path: Path, capsys) -> None:
    liar = encoded(picture(1)) + bytes(20_000_000)
    path = write_zip(tmp_path / "faces.zip", album() | {"liar.png": liar}, zipfile.ZIP_DEFLATED)
    with_announced_size(path, "liar.png", 1000)

    assert len(load_faces("train", path)) == 30
    assert "liar.png" in capsys.readouterr().err


def test_a_member_smaller_than_declared_counts_with_its_declared_size(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "faces.zip", album())
    with_announced_size(path, "007.png", 2**31)

    assert "zip bomb" in refusal(path)


def test_a_member_above_the_size_limit_is_not_read_completely(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(albums, "LARGEST_FILE", 100_000)
    files = album() | {"large.bmp": encoded(picture(1, 300, 300), "BMP")}

    load_faces("train", write_zip(tmp_path / "faces.zip", files))
    load_faces("train", write_folder(folder, files))

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all("large.bmp" in line and "larger than 100,000 bytes" in line for line in lines)


def test_a_zip_with_a_password_is_refused_saying_so(tmp_path: Path, encrypt, capsys) -> None:
    path = encrypt(write_zip(tmp_path / "faces.zip", album()))

    assert "has 0 readable pictures of 40" in refusal(path)
    assert "encrypted" in capsys.readouterr().err


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_is_skipped_whatever_its_compression(
    method: int, tmp_path: Path, capsys
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    files = album() | {"zz.bmp": encoded(Image.fromarray(noise), "BMP")}
    path = write_zip(tmp_path / "faces.zip", files, method)
    content = bytearray(path.read_bytes())
    start = content.index(b"zz.bmp") + len("zz.bmp")
    content[start + 20 : start + 1500] = bytes(1480)
    path.write_bytes(content)

    assert len(load_faces("train", path)) == 30
    assert "zz.bmp" in capsys.readouterr().err


def test_a_member_in_an_unknown_compression_is_skipped(tmp_path: Path, capsys) -> None:
    path = write_zip(tmp_path / "faces.zip", album() | {"zz.png": encoded(picture(1))})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.rindex(mark) + offset] = 99
    path.write_bytes(content)

    assert len(load_faces("train", path)) == 30
    assert "zz.png" in capsys.readouterr().err


# The real faces


@pytest.mark.data
@pytest.mark.slow
def test_the_real_faces_are_all_read(data_dir: Path, capsys) -> None:
    train, test = (load_faces(split, data_dir) for split in ("train", "test"))

    assert isinstance(train, Images)
    assert (len(train), len(test)) == (7180, 2394)
    assert train.sha256 == test.sha256
    assert "skipped" not in capsys.readouterr().err
    assert 0.2 < float(train.clean().mean()) < 0.7
