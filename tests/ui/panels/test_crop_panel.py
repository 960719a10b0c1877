"""The crop box of a photo, in a real browser."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from denoise_demo.data.pixels import to_face
from denoise_demo.data.portraits import face_box
from tests.ui.driving import (
    colours,
    crop_box,
    encoded,
    eventually,
    paints,
    repaints,
    shows,
    switch,
    upload_photo,
)

pytestmark = pytest.mark.ui


def cut(scene, left, top, side):
    """The face that the server returns for a square of the scene."""
    return to_face(scene.crop((left, top, left + side, top + side))).transpose(1, 2, 0).astype(int)


def is_cut(page, scene):
    """Wait until the stage shows the face in the crop box."""
    expected = cut(scene, *crop_box(page))
    eventually(page, lambda: abs(colours(page, "clean") - expected).mean() < 4)


def test_a_photo_is_cropped_around_its_face(photo, scene):
    left, top, right, _ = face_box(scene)

    assert crop_box(photo) == (left, top, right - left)
    expect(photo.locator("#photo .unfound")).to_be_hidden()
    is_cut(photo, scene)


def test_the_stage_follows_the_crop_box_while_it_moves(photo, scene):
    photo.locator("#photo .photo").scroll_into_view_if_needed()
    before, start = paints(photo), crop_box(photo)
    frame = photo.locator("#photo .crop").bounding_box()
    middle = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2

    photo.mouse.move(*middle)
    photo.mouse.down()
    photo.mouse.move(middle[0] + 120, middle[1] - 40, steps=20)  # the button is still down

    repaints(photo, before)
    left, top, side = crop_box(photo)
    assert (side, left > start[0] + 50, top < start[1]) == (start[2], True, True)
    is_cut(photo, scene)
    photo.mouse.move(5000, 5000)
    photo.mouse.up()
    assert crop_box(photo) == (640 - side, 400 - side, side)


@pytest.mark.parametrize(
    ("size", "width"), [((576, 1024), 1440), ((1024, 300), 390), ((60, 80), 1440)]
)
def test_a_photo_keeps_its_shape_and_the_box_follows_the_pointer(open_page, app, size, width):
    page = open_page(app, width=width)
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    upload_photo(page, encoded(Image.linear_gradient("L").resize(size)))
    crop = page.locator("#photo .crop")
    expect(crop).to_be_visible()
    page.locator("#photo .photo").scroll_into_view_if_needed()
    image = page.locator("#photo .photo img").bounding_box()
    assert image["width"] / image["height"] == pytest.approx(size[0] / size[1], rel=0.02)
    assert image["height"] < 361

    crop.press("-")
    crop.press("-")
    before = crop.bounding_box()
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 2, y + 2, steps=2)
    page.mouse.up()

    after = crop.bounding_box()
    assert after["width"] == pytest.approx(after["height"], abs=1)
    moved = after["x"] - before["x"], after["y"] - before["y"]
    assert moved == pytest.approx((2, 2), abs=1)


def test_a_corner_resizes_the_box_and_the_opposite_one_stays(photo):
    photo.locator("#photo .photo").scroll_into_view_if_needed()
    left, top, side = crop_box(photo)
    corner = photo.locator("#photo [data-corner=nw]").bounding_box()

    photo.mouse.move(corner["x"] + 4, corner["y"] + 4)
    photo.mouse.down()
    photo.mouse.move(corner["x"] + 44, corner["y"] + 44, steps=5)
    photo.mouse.up()

    now = crop_box(photo)
    assert now[2] < side - 20
    assert (now[0] + now[2], now[1] + now[2]) == pytest.approx((left + side, top + side), abs=2)


def test_keys_move_and_resize_the_crop_box(photo, scene):
    crop = photo.locator("#photo .crop")
    left, top, side = crop_box(photo)
    crop.focus()

    for _ in range(5):
        crop.press("ArrowRight")
    crop.press("ArrowDown")
    crop.press("-")

    step = 8  # a fiftieth of the shorter side
    assert crop_box(photo) == pytest.approx(
        (left + 6 * step, top + 2 * step, side - 2 * step), abs=2
    )
    crop.press("+")
    assert crop_box(photo)[2] == pytest.approx(side, abs=1)
    is_cut(photo, scene)
    assert crop.get_attribute("aria-label")


def test_a_photo_without_a_face_is_cropped_in_its_middle_with_a_message(faces):
    upload_photo(faces, encoded(Image.linear_gradient("L").resize((300, 200))))

    expect(faces.get_by_text("No face was found: move the square onto one.")).to_be_visible()
    assert crop_box(faces) == (50, 0, 200)


@pytest.mark.slow
def test_resizing_beyond_the_ends_leaves_the_middle_where_it_is(photo, scene):
    crop = photo.locator("#photo .crop")
    for _ in range(60):
        crop.press("-")
    left, top, side = crop_box(photo)

    for _ in range(20):
        crop.press("-")

    assert crop_box(photo) == pytest.approx((left, top, side), abs=1)
    assert side == pytest.approx(28, abs=1)


def test_on_a_phone_the_pictures_are_repeated_beside_the_crop_box(open_page, app, scene):
    page = open_page(app, width=390)
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    upload_photo(page, encoded(scene))
    expect(page.locator("#photo .crop")).to_be_visible()

    page.locator("#photo .crop").press("ArrowRight")

    expect(page.locator("#photo [data-echo=denoised]")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('[data-echo=denoised]').toDataURL() ==="
        " document.querySelector('[data-panel=denoised]').toDataURL()"
    )
