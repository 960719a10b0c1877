"""The photos: a window that follows the controls, and the whole photo cleaned tile by tile.

A visitor's photo is uploaded once and then named by its content's hash. The answer to a hash that
is not here (after a restart, or from another replica) is {"unknown": true}: the page sends the
photo again.
"""

import hashlib
from collections.abc import Collection
from dataclasses import fields
from functools import cache
from pathlib import Path

import gradio as gr
from gradio.blocks import Block
from PIL import Image
from pydantic import ConfigDict, StrictBool, StrictInt, StrictStr
from pydantic.dataclasses import dataclass as checked

from denoise_demo.common import JsonObject, parse
from denoise_demo.data import PHOTOGRAPHS, load_photograph, read_photo, to_bytes
from denoise_demo.denoisers import (
    MARGIN,
    PHOTOS,
    CheckpointError,
    load_photo_denoiser,
)
from denoise_demo.hosting import Held, limits, turns
from denoise_demo.lab import (
    WINDOW,
    Photograph,
    Treatment,
    Whole,
    json_number,
    photo_denoisers,
    treat,
)
from denoise_demo.ui.panels.pictures.thumbnails import picture_address
from denoise_demo.ui.web.component import component
from denoise_demo.ui.web.files import uploaded
from denoise_demo.ui.web.server import VISITOR, answered, served

THUMBNAIL = 96  # pixels a side
STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class OpenRequest:
    """A photo to show: the name of a built-in one, or the path of an uploaded file."""

    name: StrictStr = ""
    path: StrictStr = ""


@checked(frozen=True, config=STRICT)
class PhotoRequest(Treatment):
    """A treatment of a photo, a built-in one's name or the hash of one that was opened."""

    photo: StrictStr


@checked(frozen=True, config=STRICT)
class WindowRequest(PhotoRequest):
    """A window by its corner; `fine` asks for the result of the whole picture."""

    left: StrictInt
    top: StrictInt
    fine: StrictBool


@checked(frozen=True, config=STRICT)
class TileRequest(PhotoRequest):
    """A tile of the whole photo by its number."""

    index: StrictInt


@checked(frozen=True, config=STRICT)
class SaveRequest(PhotoRequest):
    """The whole photo as a file, "png" or "jpg"."""

    format: StrictStr


@cache
def held_photos() -> Held[Photograph]:
    """Return the photos of all visitors."""
    return Held("photos", 500_000 * limits().photo_memory_mb)


@cache
def held_wholes() -> Held[Whole]:
    """Return the results of all visitors."""
    return Held("cleaned photos", 500_000 * limits().photo_memory_mb)


def build_photos(_: Collection[str]) -> dict[str, Block]:
    """Create the view of photographs."""
    denoisers, problem = photo_denoisers(), ""
    try:
        load_photo_denoiser()
    except CheckpointError as error:
        denoisers.pop(PHOTOS)
        problem = str(error)
    gr.HTML(
        "",
        **component(__file__, "photos"),
        server_functions=[
            served(open_photo, turns.long),
            served(show_window),
            served(clean_tile, turns.long),
            served(save_photo, turns.long),
        ],
        elem_id="photos",
        photos={name: {"title": t, "picture": _thumbnail(name)} for name, t in PHOTOGRAPHS.items()},
        denoisers={key: {"title": t, "lesson": lesson} for key, (t, lesson) in denoisers.items()},
        window=WINDOW,
        largest=limits().upload_mb,
        problem=problem,
    )
    return {}


def open_photo(request: object) -> JsonObject:
    """Open a photo for an `OpenRequest`.

    Returns:
        `photo`, its name in later requests, `width` and `height`, its `map` as an image address,
        `notes`, and `sigma`, the estimate of its noise in grey levels; or `error`.
    """
    return answered(_open, request)


def show_window(request: object) -> JsonObject:
    """Answer a `WindowRequest`.

    Returns:
        The `images` noisy and denoised in bytes with their `shape`, `scores` of both, null for a
        photo that is noisy already, and `removed`, the root mean square of what the denoiser takes
        away, in grey levels; or `unknown`; or `error`.
    """
    return answered(_show, request)


def clean_tile(request: object) -> JsonObject:
    """Clean one tile for a `TileRequest`; the first starts the whole photo.

    Returns:
        `of`, the number of tiles, the tile's `left` and `top`, and its `picture`, an image address
        at the scale of the map; or `restart` when the result so far is not here; or `unknown`;
        or `error`.
    """
    return answered(_clean, request)


def save_photo(request: object) -> JsonObject:
    """Return the whole photo as a `file` in bytes for a `SaveRequest`; or as `clean_tile`."""
    return answered(_save, request)


def _open(values: object) -> JsonObject:
    request = parse(OpenRequest, values, "the request")
    name, photo = request.name, None
    if request.path:
        name, photo = _receive(uploaded(request.path))
    photo = photo or _built_in(name)
    return {
        "photo": name,
        "width": photo.width,
        "height": photo.height,
        "map": picture_address(photo.small),
        "notes": photo.notes,
        "sigma": 255 * photo.sigma,
    }


def _receive(path: Path) -> tuple[str, Photograph]:
    """Read and keep an uploaded photo, delete its file; return its hash and itself."""
    try:
        name = hashlib.sha256(path.read_bytes()).hexdigest()
        photo = held_photos().find(VISITOR.get(), name)
        if photo is None:
            photo = Photograph.from_picture(read_photo(path))
            size = photo.pixels.nbytes + (0 if photo.opacity is None else photo.opacity.nbytes)
            held_photos().keep(VISITOR.get(), name, photo, size)
        return name, photo
    finally:
        path.unlink(missing_ok=True)


@cache
def _built_in(name: str) -> Photograph:
    return Photograph.from_picture(load_photograph(name))


def _find(name: str) -> Photograph | None:
    return _built_in(name) if name in PHOTOGRAPHS else held_photos().find(VISITOR.get(), name)


def _show(values: object) -> JsonObject:
    request = parse(WindowRequest, values, "the request")
    photo = _find(request.photo)
    if photo is None:
        return {"unknown": True}
    area = photo.window(request.left, request.top)
    part = treat(photo, request, area, MARGIN if request.fine else 0)
    scores = None if request.already else part.scores()
    return {
        "images": {"noisy": to_bytes(part.noisy[0]), "denoised": to_bytes(part.denoised[0])},
        "shape": [area.height, area.width, part.noisy.shape[1]],
        "scores": scores and {v: _json(found) for v, found in scores.items()},
        "removed": 255 * part.removed,
    }


def _clean(values: object) -> JsonObject:
    request = parse(TileRequest, values, "the request")
    whole = held_wholes().find(VISITOR.get(), _key(request))
    if whole is None:
        photo = _find(request.photo)
        if photo is None:
            return {"unknown": True}
        if request.index:
            return {"restart": True}
        whole = Whole(photo, request)
        held_wholes().keep(VISITOR.get(), _key(request), whole, whole.pixels.nbytes)
    picture = whole.clean(request.index)
    tile = whole.tiles[request.index]
    place = {"left": tile.left, "top": tile.top, "width": tile.width, "height": tile.height}
    return {"of": len(whole.tiles), **place, "picture": picture_address(picture)}


def _save(values: object) -> JsonObject:
    request = parse(SaveRequest, values, "the request")
    whole = held_wholes().find(VISITOR.get(), _key(request))
    return {"restart": True} if whole is None else {"file": whole.encoded(request.format)}


def _key(request: PhotoRequest) -> str:
    """Return the name of a result: the photo and all of its treatment."""
    return ", ".join(str(getattr(request, entry.name)) for entry in fields(PhotoRequest))


def _json(scores: dict[str, float]) -> JsonObject:
    return {name: json_number(value) for name, value in scores.items()}


def _thumbnail(name: str) -> str:
    """Return the middle of a built-in photo as an image address."""
    picture = load_photograph(name)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return picture_address(square.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS))
