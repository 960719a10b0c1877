"""Pictures in, pictures out: what other programs ask for, through the API or MCP.

Each function's docstring is also its description there, with one line for each argument.
"""

import io
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import Tensor

from denoise_demo.common import JsonObject, finite, integer, noise_seed
from denoise_demo.corruption import NOISES, corrupt
from denoise_demo.data import (
    encode_photo,
    get_domain,
    pixels_of,
    read_image,
    read_photo,
    to_digit,
    to_face,
    to_pil,
)
from denoise_demo.denoisers import (
    PHOTOS,
    RECIPES,
    clean_tiles,
    estimate_sigma,
    get_denoiser,
    list_denoisers,
    load_photo_cleaner,
)
from denoise_demo.lab.dreams import dream
from denoise_demo.lab.experiment import Outcome, first_scores, run
from denoise_demo.lab.scores import json_number, live_scores
from denoise_demo.lab.settings import Settings

DEFAULT = "blind-digits"
MOST_DREAMS = 16  # digits at once: some seconds on one core
MOST_SCALE = 16
MOST_PIXELS = 4_000_000  # of a photograph: ten seconds on two cores


@dataclass(frozen=True)
class Answer:
    """Pictures by name, (1, C, H, W) in [0, 1], and facts about them as JSON values.

    The pictures' files are enlarged `scale` times; `ready` holds PNG files as they are.
    """

    pictures: dict[str, Tensor]
    facts: JsonObject
    scale: int = 1
    ready: dict[str, bytes] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """Return the content of a PNG file for each picture."""
        files = dict(self.ready)
        for name, picture in self.pictures.items():
            content = io.BytesIO()
            to_pil(picture, self.scale).save(content, "PNG")
            files[name] = content.getvalue()
        return files


# Programs send a plain list of arguments.
def denoise_image(  # noqa: PLR0917
    picture: bytes,
    denoiser: str = DEFAULT,
    kind: str = "none",
    level: float = 0.0,
    blur_sigma: float = 0.0,
    seed: int = 0,
    domain: str = "",
    prepared: bool = False,
    scale: int = 1,
) -> Answer:
    """Shrink a picture to 28 x 28 pixels, corrupt it, denoise it and measure the result.

    Args:
        picture: a digit or a face; PNG, JPEG, GIF, WebP, BMP, TIFF or AVIF of any size.
        denoiser: the id of a network or a filter, as the list of denoisers has it.
        kind: the noise that is added first; "none" denoises the picture as it is.
        level: of the noise, in its own unit.
        blur_sigma: of the Gaussian blur before the noise, in pixels.
        seed: of the noise.
        domain: "digits" or "faces"; empty is the denoiser's own, and digits for a filter.
        prepared: take a returned picture as it is, without inverting and centring a digit.
        scale: how many times the returned pictures are enlarged, 1 to 16.

    Returns:
        noisy picture, 28 x 28 pixels times the scale.
        denoised picture, 28 x 28 pixels times the scale.
        scores of both (psnr is null when identical), the class probabilities of a digit, its domain, and whether the network was trained on other pictures.
    """  # noqa: E501
    _check_scale(scale)
    settings = Settings.parse(_corruption(kind, level, blur_sigma, seed) | {"denoiser": denoiser})
    domain = domain or get_denoiser(denoiser).domain or "digits"
    outcome = run(prepare(picture, domain, prepared=prepared), settings)
    pictures = {"noisy": outcome.noisy, "denoised": outcome.denoised}
    return Answer(pictures, facts_of(outcome) | {"domain": domain}, scale)


def add_noise(  # noqa: PLR0917
    picture: bytes,
    kind: str = "gaussian",
    level: float = 0.3,
    blur_sigma: float = 0.0,
    seed: int = 0,
    domain: str = "digits",
    prepared: bool = False,
    scale: int = 1,
) -> Answer:
    """Shrink a picture to 28 x 28 pixels, blur it, add noise and clip it to [0, 1].

    Args:
        picture: a digit or a face; PNG, JPEG, GIF, WebP, BMP, TIFF or AVIF of any size.
        kind: the noise that is added.
        level: of the noise, in its own unit.
        blur_sigma: of the Gaussian blur before the noise, in pixels.
        seed: of the noise.
        domain: "digits" or "faces": how the picture is prepared.
        prepared: take a returned picture as it is, without inverting and centring a digit.
        scale: how many times the returned pictures are enlarged, 1 to 16.

    Returns:
        noisy picture, 28 x 28 pixels times the scale.
        its scores against the picture without noise (psnr is null when identical).
    """
    _check_scale(scale)
    settings = Settings.parse(_corruption(kind, level, blur_sigma, seed) | {"denoiser": DEFAULT})
    clean = prepare(picture, domain, prepared=prepared)
    corruption = (settings.kind, settings.level, settings.blur_sigma)
    generator = torch.Generator().manual_seed(settings.seed)
    noisy = corrupt(clean, *corruption, clip=True, generator=generator)
    scores = {name: json_number(float(v[0])) for name, v in live_scores(noisy, clean).items()}
    return Answer({"noisy": noisy}, {"scores": scores}, scale)


def clean(picture: bytes, denoiser: str = PHOTOS, strength: float = 1.0) -> Answer:
    """Clean a photograph that is noisy already, at its own size.

    Args:
        picture: PNG, JPEG, GIF, WebP, BMP, TIFF or AVIF of at most 4 megapixels.
        denoiser: "blind-photos", which is not told the noise, or the id of a filter.
        strength: 0 for the picture as it is, 1 for the denoiser's result.

    Returns:
        cleaned picture, a PNG file with the picture's size, depth, opacity and colour profile.
        its width and height, its bits a value, and the standard deviation of the noise it had, estimated, white being 255.
    """  # noqa: E501
    value = finite(strength, "strength")
    if not 0 <= value <= 1:
        raise ValueError("strength is out of range: give a number from 0 to 1")
    cleaner = load_photo_cleaner(denoiser)
    image = read_photo(picture, MOST_PIXELS)
    pixels = pixels_of(picture, image)
    sigma = estimate_sigma(pixels)
    cleaned = clean_tiles(cleaner, pixels, value, sigma=sigma)
    facts = {
        "width": image.width,
        "height": image.height,
        "bits": 8 * pixels.itemsize,
        "noise": round(255 * sigma, 2),
    }
    return Answer({}, facts, ready={"cleaned": encode_photo(cleaned, image)})


def dream_digits(seed: int = 0, count: int = 1, scale: int = 1) -> Answer:
    """Generate new digits from noise alone, by denoising it 60 times.

    Args:
        seed: of the noise; another seed gives other digits.
        count: how many digits, at most 16.
        scale: how many times the returned picture is enlarged, 1 to 16.

    Returns:
        the digits side by side, each 28 x 28 pixels times the scale.
        the seed and the number of digits.
    """
    _check_scale(scale)
    if not 1 <= integer(count, "count") <= MOST_DREAMS:
        raise ValueError(f"count is out of range: choose 1 to {MOST_DREAMS}")
    *_, last = dream(noise_seed(seed), count)
    sheet = torch.cat(list(last.denoised), dim=2)[None]
    return Answer({"digits": sheet}, {"seed": seed, "count": count}, scale)


def describe_denoisers(problems: dict[str, str]) -> list[JsonObject]:
    """Describe every denoiser; those that cannot be used, by id in `problems`, are marked."""
    return [
        {
            "id": key,
            "title": spec.title,
            "article": spec.article,
            "domain": spec.domain,
            "trained_on": RECIPES[key].corruption.describe() if key in RECIPES else "",
            "facts": spec.facts,
            "lesson": spec.lesson,
            "clip": spec.clip,
            "available": key not in problems,
        }
        for key, spec in list_denoisers().items()
    ]


def describe_noises() -> list[JsonObject]:
    """Describe every kind of noise and the range of its level."""
    return [
        {
            "kind": kind,
            "title": spec.label,
            "level": spec.level_name,
            "unit": spec.unit,
            "minimum": spec.minimum,
            "maximum": spec.maximum,
        }
        for kind, spec in NOISES.items()
    ]


def facts_of(outcome: Outcome) -> JsonObject:
    """Return the first image's scores and class probabilities as JSON values."""
    return {
        "scores": first_scores(outcome),
        "probabilities": {name: p[0].tolist() for name, p in outcome.probabilities.items()},
        "outside": outcome.outside,
    }


def prepare(picture: bytes, domain: str, *, prepared: bool = False) -> Tensor:
    """Read a picture file as a digit or a face, (1, C, 28, 28) in [0, 1].

    Args:
        picture: content of the file, of any size.
        domain: "digits" inverts dark ink and centres it like MNIST, "faces" crops a square.
        prepared: whether it is such a digit or face already, perhaps enlarged.

    Raises:
        ValueError: when it is no picture, blank, or the domain is unknown.
    """
    get_domain(domain)
    image = read_image(picture)
    if domain == "digits":
        return to_digit(image, invert=False, centre=False) if prepared else to_digit(image)
    if prepared:  # the mean of equal pixels keeps them as they are
        image = image.resize((28, 28), Image.Resampling.BOX)
    return torch.tensor(to_face(image))[None] / 255


def _check_scale(scale: int) -> None:
    if not 1 <= integer(scale, "scale") <= MOST_SCALE:
        raise ValueError(f"scale is out of range: choose 1 to {MOST_SCALE}")


def _corruption(kind: str, level: float, blur_sigma: float, seed: int) -> JsonObject:
    return {"kind": kind, "level": level, "blur_sigma": blur_sigma, "seed": seed}
