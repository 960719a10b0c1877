"""A photo from a file or the webcam, in a real browser."""

import json

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import expect

from denoise_demo.data.pixels import decode_pixels
from denoise_demo.data.portraits import cropped_portraits
from denoise_demo.denoisers.catalog import list_denoisers
from tests.ui.driving import (
    DRAG,
    choose,
    colours,
    crop_box,
    encoded,
    open_tab,
    overflowing,
    paints,
    repaints,
    shows,
    shows_picture,
    switch,
    upload_photo,
    watch_requests,
)

pytestmark = pytest.mark.ui


def picture(page):
    """The clean picture as window.laboratory gives it to other tabs."""
    source = json.loads(page.evaluate("window.laboratory.picture()"))
    shape = {name: source[name] for name in ("height", "width", "channels")}
    return decode_pixels(source["pixels"], **shape)


def test_the_photo_rests_as_a_small_picture_while_sliders_move(photo):
    asked = watch_requests(photo)

    photo.evaluate(DRAG, ["noise-level", [0.4, 0.5, 0.6], 60])

    shows(photo, level=0.6)
    assert {request["source"]["kind"] for request in asked} == {"pixels"}
    assert picture(photo).shape == (1, 3, 28, 28)


def test_the_photo_is_still_there_after_a_digit(photo):
    kept = colours(photo, "clean")
    switch(photo, "Digits")
    shows(photo, recipe="blind-digits")

    switch(photo, "Faces")
    shows(photo, recipe="blind-faces")
    open_tab(photo, "Your photo", "face-source")

    shows_picture(photo, "clean", kept)


def odd_pictures():
    face = cropped_portraits()[0].resize((300, 300))
    wide = Image.new("RGB", (400, 300))
    wide.paste(face, (50, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    small = face.resize((200, 200))
    deep = Image.fromarray(np.asarray(small.convert("L")).astype(np.uint16) * 257)
    clear = face.copy()
    clear.putalpha(ImageOps.invert(face.convert("L")))
    return {
        "rotated": (encoded(wide, "JPEG", exif=exif), (300, 400)),
        "16 bits": (encoded(deep), (200, 200)),
        "CMYK": (encoded(wide.convert("CMYK"), "JPEG"), (400, 300)),
        "transparent": (encoded(clear), (300, 300)),
    }


@pytest.mark.slow
def test_an_odd_photo_is_read_upright(faces):
    for name, (content, size) in odd_pictures().items():
        before = paints(faces)
        upload_photo(faces, content)

        image = "document.querySelector('#photo img')"
        faces.wait_for_function(f"{image}?.naturalWidth === {size[0]}")
        repaints(faces, before)
        assert faces.evaluate(f"{image}.naturalHeight") == size[1], name
        expect(faces.locator("#photo .crop")).to_be_visible()
        assert colours(faces, "clean").std() > 20, name


REFUSED = {
    "a page": (lambda: b"%PDF-1.4 a page", "not a picture"),
    "text": (lambda: b"This is no picture.", "not a picture"),
    "damaged": (lambda: encoded(cropped_portraits()[0])[:500], "damaged"),
    "huge": (lambda: encoded(Image.new("1", (20_000, 20_000))), "shrink it first"),
    "tiny": (lambda: encoded(Image.new("RGB", (20, 20))), "at least 28"),
}


@pytest.mark.slow
def test_a_refused_photo_gets_one_sentence_and_loses_nothing(photo):
    shown, place = colours(photo, "denoised"), crop_box(photo)

    for name, (content, words) in REFUSED.items():
        upload_photo(photo, content(), "page.pdf" if name == "a page" else "me.png")

        expect(photo.locator(".toast-body")).to_have_count(1)
        expect(photo.locator(".toast-body")).to_contain_text(words)
        assert crop_box(photo) == place, name
        assert (colours(photo, "denoised") == shown).all(), name
        photo.locator(".toast-close").click()
        expect(photo.locator(".toast-body")).to_have_count(0)
    photo.evaluate(DRAG, ["blur-sigma", [0.5], 60])
    shows(photo, **{"blur-sigma": 0.5})


def test_a_missing_webcam_gets_one_sentence(faces):
    open_tab(faces, "Your photo", "face-source")

    faces.get_by_role("button", name="Use the webcam").click()

    expect(faces.locator("#photo .trouble")).to_contain_text("webcam")
    expect(faces.locator("#photo .camera")).to_be_hidden()


def test_a_webcam_takes_a_photo(faces):
    faces.evaluate("""() => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
      const context = canvas.getContext("2d");
      const draw = () => {
        context.fillStyle = "rgb(200, 40, 40)";
        context.fillRect(0, 0, 320, 240);
      };
      draw();
      setInterval(draw, 50);
      window.track = canvas.captureStream(20);
      Object.defineProperty(navigator, "mediaDevices", {
        value: { getUserMedia: async () => window.track },
      });
    }""")
    open_tab(faces, "Your photo", "face-source")
    faces.get_by_role("button", name="Use the webcam").click()
    faces.wait_for_function("() => document.querySelector('#photo video').videoWidth > 0")

    faces.get_by_role("button", name="Take the photo").click()

    expect(faces.locator("#photo .crop")).to_be_visible()
    shows_picture(faces, "clean", np.array([200, 40, 40]), 12)
    assert faces.evaluate("() => window.track.getTracks()[0].readyState") == "ended"


# Collects every requested stream; each is granted later.
LATE_CAMERA = """() => {
  window.streams = [];
  const allowed = new Promise((allow) => (window.allow = allow));
  const getUserMedia = async () => {
    await allowed;
    const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 32 });
    canvas.getContext("2d").fillRect(0, 0, 32, 32);
    window.streams.push(canvas.captureStream(20));
    return window.streams.at(-1);
  };
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia } });
}"""


ON = """(some) => window.streams.length === some
  && window.streams.filter((stream) => stream.getTracks()[0].readyState === "live").length"""


def test_two_clicks_leave_one_webcam_on_and_cancel_none(faces):
    faces.evaluate(LATE_CAMERA)
    open_tab(faces, "Your photo", "face-source")
    faces.get_by_role("button", name="Use the webcam").dblclick()

    faces.evaluate("window.allow()")

    faces.wait_for_function(ON, arg=2)
    expect(faces.locator("#photo .camera")).to_be_visible()
    assert faces.evaluate(ON, 2) == 1
    expect(faces.locator("#photo .trouble")).to_be_hidden()
    faces.get_by_role("button", name="Cancel").click()
    assert faces.evaluate(ON, 2) == 0


def test_a_webcam_allowed_after_its_tab_is_closed_stays_off(faces):
    faces.evaluate(LATE_CAMERA)
    open_tab(faces, "Your photo", "face-source")
    faces.get_by_role("button", name="Use the webcam").click()
    open_tab(faces, "Portraits", "face-source")

    faces.evaluate("window.allow()")

    faces.wait_for_function("() => window.streams.length === 1")
    faces.wait_for_function(f"!({ON})(1)")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways_with_a_photo(open_page, app, scene, theme):
    page = open_page(f"{app}?__theme={theme}")
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    upload_photo(page, encoded(scene))
    expect(page.locator("#photo .crop")).to_be_visible()
    page.locator("#any-network input").check()
    choose(page, "recipe", f"Trained on digits: {list_denoisers()['dense-64'].label}")
    expect(page.locator("#stage .badge")).to_be_visible()

    assert not overflowing(page)
