"""The command that cleans photographs."""

import numpy as np
import pytest
from PIL import Image

from denoise_demo import clean
from denoise_demo.data import pixels_of, read_photo
from denoise_demo.data.photo_files import encode_deep


def picture(mode="RGB", size=(41, 23)):
    values = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


@pytest.fixture
def run(tmp_path):
    def run(*names, **options):
        extra = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        paths = [str(tmp_path / name) for name in names]
        return clean.main([*paths, "--out", str(tmp_path / "out"), *extra])

    return run


@pytest.mark.parametrize(
    ("mode", "name", "expected"),
    [
        ("RGB", "a.jpg", "RGB"),
        ("RGBA", "a.png", "RGBA"),
        ("L", "a.bmp", "L"),
        ("LA", "a.png", "LA"),
        ("P", "a.gif", "RGB"),
        ("CMYK", "a.tif", "RGB"),
    ],
)
def test_pictures_of_every_kind_are_cleaned_at_their_size(run, tmp_path, mode, name, expected):
    picture(mode).save(tmp_path / name)

    assert run(name) == 0

    with Image.open(tmp_path / "out" / "a.png") as result:
        assert (result.size, result.mode) == ((41, 23), expected)


def test_sixteen_bits_stay(run, tmp_path):
    deep = np.random.default_rng(0).integers(0, 65_535, (20, 30), dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")

    assert run("deep.png") == 0

    with Image.open(tmp_path / "out" / "deep.png") as result:
        assert result.mode == "I;16"
        assert len(np.unique(np.asarray(result))) > 300


def test_orientation_is_applied_and_the_colour_profile_kept(run, tmp_path):
    source = picture()
    source.getexif()[0x0112] = 6  # lies on its side
    source.save(tmp_path / "a.jpg", exif=source.getexif(), icc_profile=b"a profile")

    assert run("a.jpg", format="jpg") == 0

    with Image.open(tmp_path / "out" / "a.jpg") as result:
        assert result.size == (23, 41)
        assert result.getexif().get(0x0112, 1) == 1
        assert result.info["icc_profile"] == b"a profile"


def test_what_is_refused_costs_a_line_and_nothing_else(run, tmp_path, capsys):
    (tmp_path / "text.png").write_text("hello")
    picture().save(tmp_path / "whole.png")
    cut = (tmp_path / "whole.png").read_bytes()[:900]
    (tmp_path / "cut.png").write_bytes(cut)

    assert run("text.png", "cut.png", "missing.png", "whole.png") == 1

    errors = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in errors] == ["text.png", "cut.png", "missing.png"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["whole.png"]


def test_a_second_run_leaves_results_alone(run, tmp_path, capsys):
    picture().save(tmp_path / "a.png")
    run("a.png")
    before = (tmp_path / "out" / "a.png").stat().st_mtime_ns

    assert run("a.png") == 0

    assert "done before" in capsys.readouterr().out
    assert (tmp_path / "out" / "a.png").stat().st_mtime_ns == before


def test_a_picture_is_never_replaced_by_its_result(tmp_path, capsys):
    picture().save(tmp_path / "a.png")

    assert clean.main([str(tmp_path / "a.png"), "--out", str(tmp_path)]) == 1

    assert "another folder" in capsys.readouterr().err


@pytest.mark.parametrize("strength", ["2", "-1", "nan", "much"])
def test_a_strength_beyond_its_range_is_refused(run, strength):
    with pytest.raises(SystemExit) as left:
        run("a.png", strength=strength)
    assert left.value.code == 2


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("orientation", [1, 6])
def test_sixteen_bits_of_colour_stay(run, tmp_path, channels, orientation):
    deep = np.random.default_rng(0).integers(0, 65_536, (20, 30, channels), dtype=np.uint16)
    deep[0, :3, 0] = (0, 255, 65_535)
    exif = Image.Exif()
    exif[0x0112] = orientation
    (tmp_path / "deep.png").write_bytes(encode_deep(deep, b"a profile", exif.tobytes()))

    assert run("deep.png", strength=0) == 0

    result = tmp_path / "out" / "deep.png"
    upright = np.rot90(deep, -1) if orientation == 6 else deep
    picture = read_photo(result)
    assert np.array_equal(pixels_of(result, picture), upright)
    assert picture.info["icc_profile"] == b"a profile"
    assert picture.getexif().get(0x0112, 1) == 1


def test_colours_of_sixteen_bits_are_cleaned_and_become_eight_in_a_jpeg(run, tmp_path):
    clean = np.full((64, 64, 3), 30_000.0)
    noisy = clean + np.random.default_rng(0).normal(0, 5000, clean.shape)
    (tmp_path / "deep.png").write_bytes(encode_deep(noisy.astype(np.uint16), None, b""))

    assert run("deep.png") == 0
    assert run("deep.png", format="jpg") == 0

    path = tmp_path / "out" / "deep.png"
    pixels = pixels_of(path, read_photo(path))
    assert np.abs(pixels - clean).mean() < 1000
    assert len(np.unique(pixels)) > 256
    with Image.open(tmp_path / "out" / "deep.jpg") as small:
        assert abs(float(np.asarray(small).mean()) - 30_000 / 257) < 2


def test_grey_of_sixteen_bits_becomes_eight_in_a_jpeg(run, tmp_path):
    Image.fromarray(np.full((20, 30), 30_000, np.uint16)).save(tmp_path / "deep.png")

    assert run("deep.png", format="jpg", strength=0) == 0

    with Image.open(tmp_path / "out" / "deep.jpg") as result:
        assert abs(float(np.asarray(result).mean()) - 30_000 / 257) < 1


def test_the_noise_is_named_and_a_filter_uses_it(run, tmp_path, capsys):
    noisy = 128 + np.random.default_rng(0).normal(0, 20, (200, 200, 3))
    Image.fromarray(noisy.astype(np.uint8)).save(tmp_path / "a.png")

    assert run("a.png", denoiser="wavelet") == 0

    words = capsys.readouterr().out
    assert 19 < float(words.split("about ")[1].split(" of")[0]) < 21
    with Image.open(tmp_path / "out" / "a.png") as result:
        assert np.asarray(result).std() < 8
