"""Uploads: all formats, depths, colours and rotations are read, other files are refused."""

import io
import struct
import subprocess
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from denoise_demo.data import uploads
from denoise_demo.data.uploads import MAX_PIXELS, MAX_SIDE, original_size, read_image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
RAMP = np.tile(np.linspace(0, 1, 256), (8, 1))


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def raw_png(width, height, *, bits=8, colour=0, rows=b""):
    """Build a PNG file by hand: any header, and the rows with their filter bytes."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def sketch():
    """Return an asymmetric picture."""
    values = np.full((32, 64), 40, dtype=np.uint8)
    values[:16, :16], values[16:, 48:] = 255, 128
    return Image.fromarray(values)


def distance(image, expected):
    return np.abs(np.asarray(image, dtype=float) - expected).max()


# Readable files


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("as_source", [str, Path, lambda path: Path(path).read_bytes()])
def test_every_format_is_read_whatever_the_files_name(kind, as_source, tmp_path):
    path = tmp_path / "picture.dat"
    path.write_bytes(encoded(Image.new("RGB", (40, 30), (200, 40, 40)), kind))

    image = read_image(as_source(path))

    assert image.size == (40, 30)
    assert distance(image.convert("RGB"), (200, 40, 40)) <= 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda stored: stored),
        (2, lambda stored: stored[:, ::-1]),
        (3, lambda stored: stored[::-1, ::-1]),
        (4, lambda stored: stored[::-1]),
        (5, lambda stored: stored.T),
        (6, lambda stored: np.rot90(stored, -1)),
        (7, lambda stored: stored[::-1, ::-1].T),
        (8, np.rot90),
    ],
)
def test_exif_orientation_is_undone(kind, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation

    image = read_image(encoded(sketch(), kind, exif=exif))

    assert distance(image.convert("L"), upright(np.asarray(sketch()))) <= 12


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_spoil_the_picture():
    content = encoded(sketch(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\1\2\3")

    assert read_image(content).size == sketch().size


@pytest.mark.parametrize(
    ("content", "mode", "expected"),
    [
        (encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG"), "RGB", (255, 0, 0)),
        (encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "TIFF"), "RGB", (255, 0, 0)),
        (encoded(Image.new("RGB", (9, 9), (10, 200, 30)).quantize(4)), "RGB", (10, 200, 30)),
        (encoded(Image.new("1", (9, 9), 1)), "L", 255),
        (raw_png(4, 1, bits=16, colour=2, rows=b"\0" + struct.pack(">3H", 65_535, 32_768, 0) * 4),
         "RGB", (255, 128, 0)),
        (encoded(Image.fromarray(np.full((8, 8), 100 * 257, dtype=np.uint16))), "L", 100),
        (encoded(Image.fromarray((RAMP * 65_535).astype(np.uint16))), "L", RAMP * 255),
        (encoded(Image.fromarray((RAMP * 65_535).astype(np.uint16)), "TIFF"), "L", RAMP * 255),
        (encoded(Image.fromarray((RAMP * 65_535).astype(np.int32)), "TIFF"), "L", RAMP * 255),
        (encoded(Image.fromarray((RAMP * 255).round().astype(np.int32)), "TIFF"), "L", RAMP * 255),
        (encoded(Image.fromarray(RAMP.astype(np.float32)), "TIFF"), "L", RAMP * 255),
    ],
    ids=["CMYK jpeg", "CMYK tiff", "palette", "one bit", "RGB 16", "dim 16", "I;16 png",
         "I;16 tiff", "I tiff", "I of 8 bits", "F tiff"],
)  # fmt: skip
def test_every_depth_and_colour_space_is_scaled_not_clipped(content, mode, expected):
    image = read_image(content)

    assert image.mode == mode
    assert distance(image, expected) <= (12 if mode == "RGB" else 1)


def transparent(mode, ink):
    """Encode a square of ink on a transparent background."""
    picture = Image.new("RGBA", (30, 30), (255 - ink, 255 - ink, 255 - ink, 0))
    picture.paste((ink, ink, ink, 255), (10, 10, 20, 20))
    if mode in ("RGBA", "LA"):
        return encoded(picture.convert(mode))
    square = Image.new("P" if mode == "P" else "L", (30, 30), 0 if mode == "P" else 90)
    if mode == "P":
        square.putpalette([90, 90, 90, ink, ink, ink])
    square.paste(1 if mode == "P" else ink, (10, 10, 20, 20))
    return encoded(square, transparency=0 if mode == "P" else 90)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "key"])
@pytest.mark.parametrize(("ink", "background"), [(0, 255), (255, 0)], ids=["dark", "light"])
def test_transparent_parts_contrast_with_the_ink(mode, ink, background):
    image = read_image(transparent(mode, ink)).convert("L")

    assert (image.getpixel((15, 15)), image.getpixel((2, 2))) == (ink, background)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_gives_its_first_frame(kind):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]

    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)

    assert distance(read_image(content).convert("RGB"), (255, 0, 0)) < 15


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("size", "expected"),
    [((3000, 1500), (1024, 512)), ((700, 2100), (341, 1024)), ((9000, 2), (1024, 1))],
)
def test_a_large_picture_is_reduced(kind, size, expected):
    assert read_image(encoded(Image.new("RGB", size, "teal"), kind)).size == expected


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_size_in_the_file_is_remembered_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation

    image = read_image(encoded(Image.new("RGB", (3000, 40), "teal"), "JPEG", exif=exif))

    assert original_size(image) == ((3000, 40) if orientation == 1 else (40, 3000))
    assert max(image.size) == MAX_SIDE


def test_reducing_is_antialiased():
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (64, 2048))

    image = read_image(encoded(Image.fromarray(stripes)))

    assert np.abs(np.asarray(image, dtype=int)[:, 8:-8] - 127.5).max() < 3


# Refused files


def refused(source):
    """Return the refusal of a source, which must be a sentence with a remedy."""
    with pytest.raises(ValueError, match=r"^The [^\n]+: [^\n]+\.$") as caught:
        read_image(source)
    return str(caught.value)


def huge_tiles():
    """Return a TIFF with tiles far larger than the picture."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in (65_000, 65_001):
        tags.tagtype[tag], tags[tag] = 4, 16_000
    content = encoded(Image.new("L", (64, 64)), "TIFF", tiffinfo=tags)
    for tag, tile_side in ((65_000, 322), (65_001, 323)):  # which Pillow would not write
        content = content.replace(struct.pack("<HH", tag, 4), struct.pack("<HH", tile_side, 4))
    return content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"just a note, saved as seven.png\n", "not a picture"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "not a picture"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not a picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC picture"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC picture"),
        (b"P5 4 4 255\n" + bytes(16), "not a picture"),
        (encoded(Image.new("RGB", (16, 16)), "ICO"), "not a picture"),
        (b"", "empty"),
        (raw_png(0, 5), "has no pixels"),
        (raw_png(5, 0), "has no pixels"),
        (encoded(Image.new("RGBA", (20, 20), (9, 9, 9, 0))), "fully transparent"),
        (huge_tiles(), "16,000 x 16,000"),
    ],
    ids=[
        "text",
        "sound",
        "pdf",
        "HEIC",
        "HEIC in its container",
        "ppm",
        "ico",
        "empty",
        "no width",
        "no height",
        "nothing",
        "tiles",
    ],
)
def test_other_files_are_refused(content, reason):
    assert reason in refused(content)


@pytest.mark.parametrize("name", ["missing.png", "."])
def test_a_path_that_cannot_be_opened_is_refused(tmp_path, name):
    assert "cannot be opened" in refused(tmp_path / name)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_refused(kind, share):
    noise = np.random.default_rng(0).integers(0, 255, (90, 90), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), kind)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TIFF's reader warns about it, too
        reason = refused(content[: int(len(content) * share)])

    assert f"The {kind} picture is damaged" in reason


@pytest.mark.parametrize("side", [7_072, 13_000, 40_000, 2**31 - 1])
def test_too_many_pixels_are_refused_before_decoding(side):
    resource = pytest.importorskip("resource")
    content, limit = raw_png(side, side, rows=bytes(1000)), Image.MAX_IMAGE_PIXELS
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reason = refused(content)

    assert f"{side:,} x {side:,}" in reason
    assert f"{MAX_PIXELS:,}" in reason
    assert limit == Image.MAX_IMAGE_PIXELS  # Pillow's limit is unchanged
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


@pytest.mark.slow
def test_the_largest_picture_takes_little_memory(tmp_path):
    pytest.importorskip("resource")
    path, side = tmp_path / "large.png", 7_071  # as RGBA these are 200 MB
    rows = (b"\0" + b"\x20\x40\x60\xff" * side) * side
    path.write_bytes(raw_png(side, side, colour=6, rows=rows))
    code = (
        "import resource, sys; from denoise_demo.data.uploads import read_image\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); size = read_image(sys.argv[1]).size; print(*size, peak() - before)"
    )

    width, height, kilobytes = map(int, fresh_process(code, path).split())
    assert (width, height) == (MAX_SIDE, MAX_SIDE)
    assert kilobytes < 300_000


@pytest.mark.slow
def test_ten_large_pictures_at_once_take_no_more_memory_than_one(tmp_path):
    pytest.importorskip("resource")
    path = tmp_path / "bomb.webp"  # a few hundred bytes for 4,000 x 4,300 pixels
    Image.new("RGB", (4_000, 4_300), "teal").save(path, lossless=True)
    code = (
        "import concurrent.futures, resource, sys\n"
        "from denoise_demo.data.uploads import read_image\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with concurrent.futures.ThreadPoolExecutor(10) as pool:\n"
        "    before = peak(); sizes = {p.size for p in pool.map(read_image, sys.argv[1:] * 10)}\n"
        "print(*sizes, peak() - before, sep=';')"
    )

    sizes, kilobytes = fresh_process(code, path).split(";")
    assert sizes == str((953, MAX_SIDE))
    assert int(kilobytes) < 300_000


def fresh_process(code, path):
    """Run code with the path as its argument; return what it prints."""
    command = [sys.executable, "-c", code, str(path)]
    root = Path(uploads.__file__).parents[2]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


def test_less_memory_means_smaller_pictures(monkeypatch):
    monkeypatch.setitem(uploads._memory, "megabytes", 300)
    picture = encoded(Image.new("L", (3_000, 3_000)))
    assert read_image(picture).size == (MAX_SIDE, MAX_SIDE)

    uploads.limit_memory(30)

    with pytest.raises(ValueError, match=r"more than the limit of 6,975,000"):
        read_image(picture)
