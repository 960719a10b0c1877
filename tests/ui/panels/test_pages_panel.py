"""Photos of pages with digits: each digit is offered, the crop box, rotating."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from denoise_demo.data import find_digits
from tests.data.pages import make_page
from tests.ui.driving import canvas, encoded, eventually, open_tab, upload_page

pytestmark = pytest.mark.ui


def shows_digit(page, digit):
    """Wait until the stage shows this digit."""
    eventually(page, lambda: abs(canvas(page, "clean") - 255 * digit.pixels).max() <= 1)


@pytest.fixture
def several():
    """A photo of three digits."""
    pages = (make_page("several", seed) for seed in range(9))
    return next(photo for photo, page in pages if len(page.labels) == 3)


def test_each_of_several_digits_is_offered_and_chosen_by_keyboard(page, several):
    digits = find_digits(several)
    upload_page(page, encoded(several))

    buttons = page.locator("#page-photo .digits button")
    expect(buttons).to_have_count(3)
    expect(page.locator("#page-photo .found")).to_contain_text("3 digits were found")
    expect(buttons.nth(0)).to_have_attribute("aria-pressed", "true")
    shows_digit(page, digits[0])
    buttons.nth(0).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(buttons.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(buttons.nth(0)).to_have_attribute("aria-pressed", "false")
    shows_digit(page, digits[2])


def test_one_digit_is_shown_without_a_choice(page):
    photo, _ = make_page("clean", 0)

    upload_page(page, encoded(photo))

    shows_digit(page, find_digits(photo)[0])
    expect(page.locator("#page-photo .found")).to_be_hidden()
    expect(page.locator("#page-photo .digits")).to_be_hidden()


def test_the_digit_in_the_crop_box_is_read_while_it_moves(page, several):
    digits = find_digits(several)
    upload_page(page, encoded(several))
    shows_digit(page, digits[0])
    crop = page.locator("#page-photo .crop")
    crop.scroll_into_view_if_needed()
    frame = page.locator("#page-photo img").bounding_box()
    scale = frame["width"] / several.width
    box = crop.bounding_box()
    left, top, right, bottom = digits[1].box

    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    target = frame["x"] + (left + right) / 2 * scale, frame["y"] + (top + bottom) / 2 * scale
    page.mouse.move(*target, steps=9)
    page.mouse.up()

    eventually(page, lambda: abs(canvas(page, "clean") - 255 * digits[1].pixels).mean() < 12)
    expect(page.locator("#page-photo [aria-pressed=true]")).to_have_count(0)


def test_a_photo_is_rotated_to_the_right(page):
    photo, _ = make_page("clean", 1)
    upload_page(page, encoded(photo.rotate(90, expand=True)))
    image = "document.querySelector('#page-photo img')"
    page.wait_for_function(f"{image}.naturalWidth === {photo.height}")

    page.get_by_role("button", name="Rotate").click()

    page.wait_for_function(f"{image}.naturalWidth === {photo.width}")
    digit = find_digits(photo)[0]
    eventually(page, lambda: abs(canvas(page, "clean") - 255 * digit.pixels).mean() < 5)


def test_the_crop_box_is_told_in_the_pixels_of_the_file(page):
    photo, _ = make_page("clean", 1)
    large = photo.resize((3 * 1024, 3 * 1024 * photo.height // photo.width))
    upload_page(page, encoded(large))
    left, top, right, bottom = find_digits(large)[0].box
    expected = 1.5 * max(right - left, bottom - top)

    place = page.locator("#page-photo .place")
    expect(place).to_contain_text("pixels")

    def size():
        return int(place.text_content().split()[0])

    assert size() == pytest.approx(expected, rel=0.05)
    page.get_by_role("button", name="Rotate").click()
    ratio = "(({ naturalWidth, naturalHeight }) => naturalWidth / naturalHeight)"
    image = f"{ratio}(document.querySelector('#page-photo img'))"
    wanted = large.height / large.width
    page.wait_for_function(f"Math.abs({image} - {wanted}) < 0.01")
    eventually(page, lambda: size() == pytest.approx(expected, rel=0.1))


def test_a_bad_file_clears_what_was_said_before(page):
    blank = encoded(Image.new("L", (60, 60), 200))
    upload_page(page, blank)
    expect(page.locator(".toast-body")).to_contain_text("blank")

    upload_page(page, b"no picture")

    expect(page.locator(".toast-body")).to_contain_text("not a picture")
    expect(page.locator(".toast-body")).to_have_count(1)


def test_the_box_stays_where_it_was_put_when_an_option_changes(page, several):
    upload_page(page, encoded(several))
    place = page.locator("#page-photo .place")
    pressed = page.locator("#page-photo [aria-pressed=true]")
    expect(pressed).to_have_count(1)
    page.locator("#page-photo .crop").press("ArrowRight")
    expect(pressed).to_have_count(0)
    before, dark = place.text_content(), canvas(page, "clean")

    page.locator("#upload-invert").get_by_label("No", exact=True).check()

    eventually(page, lambda: not (canvas(page, "clean") == dark).all())
    assert place.text_content() == before


def test_the_photo_is_still_there_after_another_tab(page, several):
    digits = find_digits(several)
    upload_page(page, encoded(several))
    page.locator("#page-photo .digits button").nth(1).click()
    shows_digit(page, digits[1])
    open_tab(page, "Digits")
    expect(page.locator("#stage .truth")).to_have_text("label 4")

    open_tab(page, "Upload")

    shows_digit(page, digits[1])
    expect(page.locator("#page-photo .digits button").nth(1)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_face_on_a_page_of_digits_is_called_one(page, scene):
    upload_page(page, encoded(scene.crop((60, 120, 260, 320))))

    expect(page.locator("#page-photo .portrait")).to_contain_text("choose Faces above")
    photo, _ = make_page("clean", 0)
    upload_page(page, encoded(photo))
    expect(page.locator("#page-photo .portrait")).to_be_hidden()
