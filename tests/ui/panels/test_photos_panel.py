"""Photos: the server's answers, and the view in a browser."""

import io
import struct
import zlib
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image, features
from playwright.sync_api import expect

from denoise_demo.data import load_photograph, to_bytes
from denoise_demo.hosting import Held, held
from denoise_demo.lab import Photograph, Treatment, treat
from denoise_demo.ui.panels.photos import photos
from denoise_demo.ui.web.server import VISITOR
from tests.ui.driving import encoded, eventually, view

TREATMENT = Treatment("gaussian", 0.1, 0.0, "blind-photos", 0, already=False, strength=1.0)
WINDOW = {**asdict(TREATMENT), "left": 0, "top": 0, "fine": True}
TILE = {**asdict(TREATMENT), "index": 0}


@pytest.fixture
def visitor(monkeypatch, tmp_path):
    """A visitor of a page that holds nothing yet and whose uploads come into a folder."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(held, "_stores", [])
    for name in ("photos", "wholes"):
        store = Held(name, 10_000_000)
        monkeypatch.setattr(photos, f"held_{name}", lambda store=store: store)
    token = VISITOR.set("ann")
    yield "ann"
    VISITOR.reset(token)


def uploaded(folder, content, name="photo.png"):
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_an_upload_is_named_by_its_content_and_its_file_deleted(visitor, tmp_path):
    content = encoded(load_photograph("wren").crop((0, 0, 300, 280)))

    one, two = (photos.open_photo({"path": uploaded(tmp_path, content)}) for _ in range(2))

    assert one["photo"] == two["photo"]
    assert len(one["photo"]) == 64
    assert (one["width"], one["height"]) == (300, 280)
    assert not list(tmp_path.iterdir())
    assert photos.held_photos().size == 3 * 300 * 280


def test_a_window_of_an_upload_is_answered_until_the_visitor_leaves(visitor, tmp_path):
    picture = load_photograph("wren").crop((0, 0, 300, 280))
    name = photos.open_photo({"path": uploaded(tmp_path, encoded(picture))})["photo"]
    photo = Photograph.from_picture(picture)
    expected = treat(photo, TREATMENT, photo.window(44, 24))

    reply = photos.show_window({**WINDOW, "photo": name, "left": 44, "top": 24})
    held.forget(visitor)

    assert reply["shape"] == [256, 256, 3]
    assert reply["images"]["denoised"] == to_bytes(expected.denoised[0])
    assert reply["scores"]["noisy"]["psnr"] == pytest.approx(expected.scores()["noisy"]["psnr"])
    assert photos.show_window({**WINDOW, "photo": name})["unknown"] is True
    assert photos.clean_tile({**TILE, "photo": name})["unknown"] is True


def test_a_whole_photo_is_cleaned_and_saved(visitor):
    request = {**TILE, "photo": "wren"}
    assert photos.clean_tile({**request, "index": 1})["restart"] is True

    tiles = [photos.clean_tile({**request, "index": index}) for index in range(8)]
    save = {name: value for name, value in request.items() if name != "index"}
    reply = photos.save_photo({**save, "format": "jpg"})

    assert [tile["of"] for tile in tiles] == [8] * 8
    assert Image.open(io.BytesIO(reply["file"])).size == load_photograph("wren").size
    other = photos.save_photo({**save, "seed": 1, "format": "jpg"})
    assert other["restart"] is True


def test_a_noisy_photo_has_no_score(visitor):
    reply = photos.show_window({**WINDOW, "photo": "osprey", "already": True})

    assert reply["scores"] is None
    assert 0 < reply["removed"] < 5


def unusual_files():
    """Files that are pictures of an unusual kind, by name, with what is said of them."""
    picture = load_photograph("wren").crop((0, 0, 40, 30))
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    yield (
        "animated.gif",
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "first",
    )
    yield "cmyk.jpg", encoded(picture.convert("CMYK"), "JPEG"), ""
    yield "palette.png", encoded(picture.quantize(8), transparency=0), ""
    yield "line.png", encoded(picture.crop((0, 0, 1, 30))), ""
    yield "deep.png", encoded(Image.fromarray(np.full((30, 40), 9_999, np.uint16))), "16 bits"
    if features.check("webp"):
        yield "photo.webp", encoded(picture, "WEBP"), ""


@pytest.mark.parametrize(("name", "content", "words"), [*unusual_files()])
def test_every_kind_of_picture_is_shown(visitor, tmp_path, name, content, words):
    opened = photos.open_photo({"path": uploaded(tmp_path, content, name)})
    reply = photos.show_window({**WINDOW, "photo": opened["photo"]})

    assert words in opened["notes"]
    assert reply["shape"][:2] == [min(256, opened["height"]), min(256, opened["width"])]


def huge():
    """The head of a PNG file of 30,000 x 30,000 pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    small = encoded(Image.new("RGB", (8, 8)))
    return small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not a picture at all", "The file is not a picture: give a PNG"),
        (b"\0\0\0\x20ftypisom" + bytes(99), "The file is not a picture"),
        (encoded(load_photograph("wren"))[:9000], "is damaged"),
        (b"", "The file is empty"),
        (huge(), "30,000 x 30,000 pixels, more than the limit"),
    ],
    ids=["text", "video", "truncated", "empty", "huge"],
)
def test_anything_else_is_a_sentence_and_leaves_nothing(visitor, tmp_path, content, sentence):
    reply = photos.open_photo({"path": uploaded(tmp_path, content)})

    assert sentence in reply["error"]
    assert not list(tmp_path.iterdir())
    assert photos.held_photos().size == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"left": 5000}, "The window at 5000, 0 is outside the photo of 1200 x 675 pixels"),
        ({"left": 0.5}, "left"),
        ({"photo": "wren", "strength": 2}, "strength"),
        ({"denoiser": "conv-pool"}, "denoiser"),
    ],
)
def test_a_wrong_request_is_a_sentence(visitor, change, sentence):
    assert sentence in photos.show_window({**WINDOW, "photo": "wren", **change})["error"]


@pytest.mark.parametrize("way", ["path", "detour", "link", "folder", "null", "long"])
def test_only_what_was_uploaded_is_read_and_deleted(visitor, tmp_path, monkeypatch, way):
    other, uploads = tmp_path / "mine.png", tmp_path / "uploads"
    other.write_bytes(encoded(load_photograph("wren")))
    uploads.mkdir()
    (uploads / "link.png").symlink_to(other)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(uploads))
    path = {
        "path": other,
        "detour": f"{uploads}/../mine.png",
        "link": uploads / "link.png",
        "folder": uploads,
        "null": f"{uploads}/\0",
        "long": f"{uploads}/{'a' * 5000}",
    }[way]

    reply = photos.open_photo({"path": str(path)})

    assert reply["error"] == "The file did not arrive: choose it again."
    assert other.exists()


def test_a_full_memory_is_a_sentence(visitor, tmp_path):
    photos.held_photos().most = 1000

    reply = photos.open_photo({"path": uploaded(tmp_path, encoded(Image.new("RGB", (99, 99))))})

    assert "memory for photos is full" in reply["error"]


# ---- In a browser


@pytest.fixture
def laboratory(page):
    """The view of photos with its first window at rest."""
    view(page, "photos")
    shows(page, photo="osprey", fine="true")
    return page


def shows(page, **values):
    for name, value in values.items():
        expect(page.locator("#photos")).to_have_attribute(f"data-{name}", str(value))


def choose_file(page, content, name="mine.png"):
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    page.locator("#photos input[type=file]").set_input_files([file])


def denoised(page):
    return page.evaluate("document.querySelector('#photos [data-panel=denoised]').toDataURL()")


@pytest.mark.ui
def test_the_window_follows_the_hand_the_keys_and_the_noise(laboratory):
    page = laboratory
    shows(page, left=472, top=210, level=0.1, kind="gaussian")
    window = page.locator("#photos .window")

    window.press("ArrowRight")
    window.press("Shift+ArrowDown")
    shows(page, left=488, top=211)
    page.locator("#noise-level input[type=range]").press("ArrowRight")
    shows(page, level=0.11)
    box = page.locator("#photos .map").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.up()

    shows(page, left=944, top=0, fine="true")
    expect(page.locator("#photos .said")).to_contain_text("Denoised: PSNR")
    page.wait_for_url("**photo=osprey%3A944%3A0**")


@pytest.mark.ui
def test_photos_keep_a_noise_of_their_own(laboratory):
    page = laboratory
    level = page.locator("#noise-level input[type=number]")
    expect(level).to_have_value("0.1")

    view(page, "stage")
    expect(level).to_have_value("0.8")
    view(page, "photos")

    expect(level).to_have_value("0.1")


@pytest.mark.ui
def test_a_link_restores_photo_window_and_choices(open_page, app):
    link = "?show=photos&photo=wren:100:50&noise=gaussian&level=0.2&cleaner=median-3&already=noisy"

    page = open_page(f"{app}{link}&strength=40", wait=False)

    shows(page, photo="wren", left=100, top=50, denoiser="median-3", strength=0.4)
    expect(page.locator("#photos [data-of=noisy] b")).to_have_text("Your picture")
    expect(page.locator("#noise-level")).to_be_hidden()


@pytest.mark.ui
def test_an_own_photo_is_cleaned_whole_saved_and_never_linked(laboratory):
    page = laboratory
    picture = load_photograph("spices").crop((0, 0, 500, 300))
    choose_file(page, encoded(picture))
    expect(page.locator("#photos .size")).to_have_text("500 × 300")
    page.locator("#photos [data-choice=already]").check()
    expect(page.locator("#photos [data-of=noisy] .scores")).to_contain_text("Estimated noise")

    page.locator("#photos [data-action=clean]").click()
    expect(page.locator("#photos .left")).to_have_text("The whole photo is clean.")
    with page.expect_download() as saved:
        page.locator("#photos [data-action=png]").click()

    assert saved.value.suggested_filename == "mine-clean.png"
    assert Image.open(saved.value.path()).size == (500, 300)
    page.wait_for_url("**already=noisy**")
    assert "photo=" not in page.url.replace("show=photos", "")
    page.locator("#photos [data-choice=strength]").press("ArrowLeft")
    expect(page.locator("#photos [data-action=clean]")).to_be_visible()


@pytest.mark.ui
def test_a_photo_that_the_server_has_forgotten_is_sent_again(laboratory):
    page = laboratory
    choose_file(page, encoded(load_photograph("spices").crop((0, 0, 300, 300))))
    expect(page.locator("#photos .size")).to_have_text("300 × 300")
    eventually(page, lambda: len(page.locator("#photos").get_attribute("data-photo")) == 64)
    other = encoded(load_photograph("spices").crop((0, 0, 290, 300)))
    page.evaluate(
        """async (bytes) => {  // the visitor's one place is taken by another photo
          const body = new FormData();
          body.append("files", new File([new Uint8Array(bytes)], "other.png"));
          const [path] = await (await fetch("gradio_api/upload", { method: "POST", body })).json();
          const { call } = await import("/modules/web/line.js");
          await call(null, "open_photo", { path });
        }""",
        list(other),
    )
    before = int(page.locator("#photos").get_attribute("data-paints"))

    page.locator("#photos .window").press("ArrowRight")

    shows(page, fine="true", left=38)
    assert int(page.locator("#photos").get_attribute("data-paints")) > before
    expect(page.locator("#photos .message")).to_be_hidden()


@pytest.mark.ui
def test_what_is_no_picture_is_said_and_the_photo_stays(laboratory):
    page = laboratory
    before = denoised(page)

    choose_file(page, b"words", "notes.txt")

    expect(page.locator("#photos .message")).to_contain_text("The file is not a picture")
    assert denoised(page) == before
    page.locator("#photos .window").press("ArrowRight")
    expect(page.locator("#photos .message")).to_be_hidden()


@pytest.mark.ui
def test_a_zoom_magnifies_the_middle(laboratory):
    size = "document.querySelector('#photos [data-panel=noisy]').width"
    assert laboratory.evaluate(size) == 256

    laboratory.locator("#photos [data-choice=zoom]").select_option("8")

    assert laboratory.evaluate(size) == 32
