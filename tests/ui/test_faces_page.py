"""Faces in a real browser: switching domains, portraits, a photo with its crop box, any network."""

import io
import json

import numpy as np
import pytest
from driving import (
    DRAG,
    choose,
    colours,
    draw,
    eventually,
    open_tab,
    overflowing,
    paints,
    pixels,
    repaints,
    settles,
    shows,
    shows_picture,
)
from PIL import Image, ImageOps
from playwright.sync_api import expect

from denoise_demo.data.pixels import decode_pixels, to_face
from denoise_demo.data.portraits import NAMES, cropped_portraits, face_box, load_portraits
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab.presets import PRESETS

pytestmark = pytest.mark.ui

FACE_SOURCES = {"portrait", "photo", "face"}


def switch(page, domain):
    page.locator("#domain").get_by_text(domain, exact=True).click()


def picture(page):
    """The clean picture as window.laboratory tells other tabs."""
    source = json.loads(page.evaluate("window.laboratory.picture()"))
    shape = {name: source[name] for name in ("height", "width", "channels")}
    return decode_pixels(source["pixels"], **shape)


def watch_requests(page):
    """Collect what the stage asks the server for."""
    asked = []

    def keep(request):
        body = request.post_data if "component_server" in request.url else None
        if body:
            asked.append(json.loads(body)["data"])

    page.on("request", keep)
    return asked


def domain_of(source):
    if source["kind"] == "pixels":
        return "faces" if source["channels"] == 3 else "digits"
    return "faces" if source["kind"] in FACE_SOURCES else "digits"


def portrait(index):
    return pixels(load_portraits().clean(slice(index, index + 1)))


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def scene():
    """A photo with a face off its middle: a portrait on a wide grey wall."""
    wall = Image.new("RGB", (640, 400), (90, 110, 130))
    wall.paste(cropped_portraits()[0].resize((200, 200)), (60, 120))
    return wall


@pytest.fixture
def faces(page):
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    return page


def upload(page, content, name="me.png"):
    open_tab(page, "Your photo", "face-source")
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    page.locator("#face-source input[type=file]").set_input_files([file])


@pytest.fixture
def photo(faces, scene):
    """The page with the scene as its photo."""
    before = paints(faces)
    upload(faces, encoded(scene))
    expect(faces.locator("#photo .crop")).to_be_visible(timeout=20_000)
    repaints(faces, before)
    return faces


def box(page):
    """The crop box (left, top, side) in the photo's own pixels."""
    size, left, top = page.evaluate(
        "() => document.querySelector('#photo .place').textContent.match(/[0-9]+/g)"
        ".filter((_, i) => i !== 1).map(Number)"
    )
    return left, top, size


def cut(scene, left, top, side):
    """The face that the server makes of a square of the scene."""
    return to_face(scene.crop((left, top, left + side, top + side))).transpose(1, 2, 0).astype(int)


def is_cut(page, scene):
    """Wait until the stage shows the face in the crop box."""
    expected = cut(scene, *box(page))
    eventually(page, lambda: abs(colours(page, "clean") - expected).mean() < 4)


# Switching


def test_faces_begin_with_a_portrait_in_colour(page):
    before = paints(page)

    switch(page, "Faces")

    shows(page, kind="gaussian", level=0.32, recipe="blind-faces", **{"blur-sigma": 0})
    assert paints(page) == before + 1
    assert (colours(page, "clean") == portrait(0)).all()
    expect(page.locator("[data-portrait='0']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#stage .verdict").first).to_be_hidden()
    expect(page.locator("#stage [data-of=denoised] .scores")).to_contain_text("PSNR")
    expect(page.get_by_role("button", name="Draw a digit")).to_be_hidden()
    expect(page.locator("#face-source")).to_be_visible()
    expect(page.locator("#source")).to_be_hidden()


@pytest.mark.parametrize("domain", ["digits", "faces"])
def test_a_domain_offers_its_own_networks_and_the_filters(page, domain):
    if domain == "faces":
        switch(page, "Faces")
        shows(page, recipe="blind-faces")
    page.locator("#recipe input").click()

    offered = page.get_by_role("option").all_inner_texts()

    labels = [method.label for method in list_denoisers(domain).values()]
    assert [text.removeprefix("✓").strip() for text in offered] == labels


def test_ten_quick_switches_end_on_what_the_radio_says_and_never_mix(page):
    asked = watch_requests(page)

    for turn in range(10):
        page.locator("#domain").get_by_text(("Faces", "Digits")[turn % 2], exact=True).click()

    settles(page)
    shows(page, kind="uniform", level=0.8, recipe="blind-digits")
    expect(page.locator("#domain").get_by_label("Digits")).to_be_checked()
    expect(page.locator("#source")).to_be_visible()
    switch(page, "Faces")
    shows(page, kind="gaussian", level=0.32, recipe="blind-faces")
    assert (colours(page, "clean") == portrait(0)).all()
    starts = {
        ("digits", "uniform", 0.8, "blind-digits"),
        ("faces", "gaussian", 0.32, "blind-faces"),
    }
    assert asked
    for request in asked:
        combination = domain_of(request["source"]), request["kind"], request["level"]
        assert (*combination, request["denoiser"]) in starts


LATE = """
() => {
  const fetch = window.fetch;
  window.fetch = async (...request) => {
    const reply = await fetch(...request);
    if (!String(request[0]).includes("component_server")) return reply;
    await new Promise((go) => setTimeout(go, 600));
    return reply;
  };
  window.seen = [];
  const stage = document.getElementById("stage");
  new MutationObserver(() => window.seen.push({
    recipe: stage.dataset.recipe,
    plain: stage.querySelector(".panels").classList.contains("plain"),
  })).observe(stage, { attributes: true, attributeFilter: ["data-paints"] });
}
"""


def test_a_late_reply_of_the_other_domain_is_never_painted(page):
    page.evaluate(LATE)
    page.evaluate(DRAG, ["blur-sigma", [0.6, 0.7, 0.8, 0.9, 1], 60])

    switch(page, "Faces")

    shows(page, recipe="blind-faces")
    settles(page)
    for seen in page.evaluate("window.seen"):
        assert seen["plain"] == (seen["recipe"] == "blind-faces")


def test_reset_goes_back_to_digits(photo):
    photo.locator("#any-network input").check()

    photo.locator("#reset").click()

    shows(photo, kind="uniform", level=0.8, recipe="blind-digits", **{"blur-sigma": 0.5})
    expect(photo.locator("#stage .truth")).to_have_text("label 4")
    expect(photo.locator("#domain").get_by_label("Digits")).to_be_checked()
    expect(photo.locator("#any-network input")).not_to_be_checked()
    expect(photo.get_by_role("button", name="Draw a digit")).to_be_visible()
    switch(photo, "Faces")
    shows(photo, recipe="blind-faces")
    open_tab(photo, "Your photo", "face-source")
    expect(photo.locator("#photo .crop")).to_be_hidden()


def test_a_portrait_is_chosen_by_a_click(faces):
    faces.get_by_role("button", name=NAMES[1]).click()

    expect(faces.locator("[data-portrait='1']")).to_have_attribute("aria-pressed", "true")
    shows_picture(faces, "clean", portrait(1))


def test_without_the_data_set_the_tab_says_how_to_get_faces(faces):
    open_tab(faces, "Faces", "face-source")

    expect(faces.locator("#face-source")).to_contain_text("DENOISE_DATA_DIR")


@pytest.mark.parametrize("key", ["s4-strided-salt-pepper", "s4-notebook-gaussian"])
def test_a_preset_of_faces_switches_the_domain(page, key):
    preset = PRESETS[key]

    choose(page, "preset", preset.label)

    level = f"{preset.corruption.level:g}"
    shows(page, kind=preset.corruption.kind, level=level, recipe=preset.denoiser)
    expect(page.locator("#domain").get_by_label("Faces")).to_be_checked()
    expect(page.locator("#face-source")).to_be_visible()
    expect(page.locator("#stage .note")).to_contain_text(preset.note)
    assert (colours(page, "clean") == portrait(preset.portrait)).all()
    choose(page, "preset", PRESETS["s1-one-sided"].label)
    shows(page, recipe="dense-64", level=0.9)
    expect(page.locator("#domain").get_by_label("Digits")).to_be_checked()


# A photo and its crop box


def test_a_photo_is_cut_around_its_face(photo, scene):
    left, top, right, _ = face_box(scene)

    assert box(photo) == (left, top, right - left)
    expect(photo.locator("#photo .unfound")).to_be_hidden()
    is_cut(photo, scene)


def test_the_stage_follows_the_crop_box_while_it_moves(photo, scene):
    photo.locator("#photo .photo").scroll_into_view_if_needed()
    before, start = paints(photo), box(photo)
    frame = photo.locator("#photo .crop").bounding_box()
    middle = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2

    photo.mouse.move(*middle)
    photo.mouse.down()
    photo.mouse.move(middle[0] + 120, middle[1] - 40, steps=20)  # the button is still down

    repaints(photo, before)
    left, top, side = box(photo)
    assert (side, left > start[0] + 50, top < start[1]) == (start[2], True, True)
    is_cut(photo, scene)
    photo.mouse.move(5000, 5000)
    photo.mouse.up()
    assert box(photo) == (640 - side, 400 - side, side)


@pytest.mark.parametrize(
    ("size", "width"), [((576, 1024), 1440), ((1024, 300), 390), ((60, 80), 1440)]
)
def test_a_photo_keeps_its_shape_and_the_box_follows_the_pointer(open_page, app, size, width):
    page = open_page(app, width=width)
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    upload(page, encoded(Image.linear_gradient("L").resize(size)))
    crop = page.locator("#photo .crop")
    expect(crop).to_be_visible(timeout=20_000)
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
    left, top, side = box(photo)
    corner = photo.locator("#photo [data-corner=nw]").bounding_box()

    photo.mouse.move(corner["x"] + 4, corner["y"] + 4)
    photo.mouse.down()
    photo.mouse.move(corner["x"] + 44, corner["y"] + 44, steps=5)
    photo.mouse.up()

    now = box(photo)
    assert now[2] < side - 20
    assert (now[0] + now[2], now[1] + now[2]) == pytest.approx((left + side, top + side), abs=2)


def test_keys_move_and_resize_the_crop_box(photo, scene):
    crop = photo.locator("#photo .crop")
    left, top, side = box(photo)
    crop.focus()

    for _ in range(5):
        crop.press("ArrowRight")
    crop.press("ArrowDown")
    crop.press("-")

    step = 8  # a fiftieth of the shorter side
    assert box(photo) == pytest.approx((left + 6 * step, top + 2 * step, side - 2 * step), abs=2)
    crop.press("+")
    assert box(photo)[2] == pytest.approx(side, abs=1)
    is_cut(photo, scene)
    assert crop.get_attribute("aria-label")


def test_a_photo_without_a_face_is_cut_in_its_middle_and_says_so(faces):
    upload(faces, encoded(Image.linear_gradient("L").resize((300, 200))))

    expect(faces.get_by_text("No face was found: put the square on one.")).to_be_visible()
    assert box(faces) == (50, 0, 200)


def test_resizing_beyond_the_ends_leaves_the_middle_where_it_is(photo, scene):
    crop = photo.locator("#photo .crop")
    for _ in range(60):
        crop.press("-")
    left, top, side = box(photo)

    for _ in range(20):
        crop.press("-")

    assert box(photo) == pytest.approx((left, top, side), abs=1)
    assert side == pytest.approx(28, abs=1)


def test_on_a_phone_the_pictures_are_repeated_beside_the_crop_box(open_page, app, scene):
    page = open_page(app, width=390)
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    upload(page, encoded(scene))
    expect(page.locator("#photo .crop")).to_be_visible(timeout=20_000)

    page.locator("#photo .crop").press("ArrowRight")

    expect(page.locator("#photo [data-echo=denoised]")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('[data-echo=denoised]').toDataURL() ==="
        " document.querySelector('[data-panel=denoised]').toDataURL()"
    )


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


def test_an_odd_photo_is_read_upright(faces):
    for name, (content, size) in odd_pictures().items():
        before = paints(faces)
        upload(faces, content)

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


def test_a_refused_photo_gets_one_sentence_and_loses_nothing(photo):
    shown, place = colours(photo, "denoised"), box(photo)

    for name, (content, words) in REFUSED.items():
        upload(photo, content(), "page.pdf" if name == "a page" else "me.png")

        expect(photo.locator(".toast-body")).to_have_count(1)
        expect(photo.locator(".toast-body")).to_contain_text(words)
        assert box(photo) == place, name
        assert (colours(photo, "denoised") == shown).all(), name
        photo.locator(".toast-close").click()
        expect(photo.locator(".toast-body")).to_have_count(0)
    photo.evaluate(DRAG, ["blur-sigma", [0.5], 60])
    shows(photo, **{"blur-sigma": 0.5})


def test_a_webcam_that_is_not_there_gets_one_sentence(faces):
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

    expect(faces.locator("#photo .crop")).to_be_visible(timeout=20_000)
    shows_picture(faces, "clean", np.array([200, 40, 40]), 12)
    assert faces.evaluate("() => window.track.getTracks()[0].readyState") == "ended"


# Every stream that is asked for, as soon as it is allowed.
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


def test_a_webcam_that_is_allowed_behind_a_closed_tab_stays_off(faces):
    faces.evaluate(LATE_CAMERA)
    open_tab(faces, "Your photo", "face-source")
    faces.get_by_role("button", name="Use the webcam").click()
    open_tab(faces, "Portraits", "face-source")

    faces.evaluate("window.allow()")

    faces.wait_for_function("() => window.streams.length === 1")
    faces.wait_for_function(f"!({ON})(1)")


# Any network


def test_a_face_in_a_digit_network_is_marked_as_outside_its_domain(faces):
    faces.locator("#any-network input").check()
    choose(faces, "recipe", f"Learnt digits: {list_denoisers()['conv-pool'].label}")

    shows(faces, recipe="conv-pool")
    expect(faces.locator("#stage [data-of=denoised] .badge")).to_have_text("outside its domain")
    expect(faces.locator("#stage p.outside")).to_contain_text("the face reaches it in grey")
    assert np.ptp(colours(faces, "clean"), axis=2).max() == 0
    assert picture(faces).shape[1] == 3

    faces.locator("#any-network input").uncheck()

    shows(faces, recipe="blind-faces")
    expect(faces.locator("#stage .badge")).to_be_hidden()
    assert (colours(faces, "clean") == portrait(0)).all()


def test_a_drawing_goes_through_a_face_network_and_stays_a_digit(page):
    page.locator("#any-network input").check()
    label = f"Learnt faces: {list_denoisers()['blind-faces'].label}"
    choose(page, "recipe", label)
    shows(page, recipe="blind-faces")
    open_tab(page, "Draw")

    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.mouse.up()

    expect(page.locator("#stage .badge")).to_be_visible()
    page.wait_for_function("window.laboratory.picture()")
    assert picture(page).shape == (1, 1, 28, 28)
    choose(page, "recipe", list_denoisers()["conv-pool"].label)
    shows(page, recipe="conv-pool")
    expect(page.locator("#stage .badge")).to_be_hidden()
    expect(page.locator("#stage [data-of=clean] .scores")).to_contain_text("reads 1")


def test_without_any_network_the_page_never_sends_a_picture_to_the_wrong_one(page):
    asked = watch_requests(page)
    choose(page, "recipe", list_denoisers()["median-3"].label)
    shows(page, recipe="median-3")

    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    choose(page, "preset", PRESETS["s0-digits"].label)
    shows(page, recipe="conv-pool")
    choose(page, "preset", PRESETS["s4-pix2pix-speckle"].label)
    shows(page, recipe="pix2pix-speckle")
    page.locator("#reset").click()
    shows(page, recipe="blind-digits", level=0.8)

    assert len(asked) == 5
    for request in asked:
        assert list_denoisers()[request["denoiser"]].domain in {"", domain_of(request["source"])}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways_with_a_photo(open_page, app, scene, theme):
    page = open_page(f"{app}?__theme={theme}")
    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    upload(page, encoded(scene))
    expect(page.locator("#photo .crop")).to_be_visible(timeout=20_000)
    page.locator("#any-network input").check()
    choose(page, "recipe", f"Learnt digits: {list_denoisers()['dense-64'].label}")
    expect(page.locator("#stage .badge")).to_be_visible()

    assert not overflowing(page)
