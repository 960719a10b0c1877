"""The built-in photographs: size, origin and licence on record."""

import pytest

from denoise_demo.data import PHOTOGRAPHS, load_photograph
from denoise_demo.data.photographs import FOLDER


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_each_is_small_and_its_licence_is_on_record(name):
    picture = load_photograph(name)
    (line,) = [
        x for x in (FOLDER / "README.md").read_text("utf-8").splitlines() if f"`{name}." in x
    ]

    assert picture.mode == "RGB"
    assert min(picture.size) > 2 * 256
    assert (FOLDER / f"{name}.jpg").stat().st_size < 300_000
    assert line.endswith("CC0 1.0 |")


def test_no_other_file_lies_beside_them():
    assert {path.stem for path in FOLDER.iterdir()} == {*PHOTOGRAPHS, "README"}


def test_an_unknown_name_is_an_error_that_names_the_known():
    with pytest.raises(ValueError, match="osprey"):
        load_photograph("../osprey")
