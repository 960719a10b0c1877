"""The shipped recipes: one for each weight file, frozen except for titles and lessons."""

from dataclasses import replace

from denoise_demo.common import lookup
from denoise_demo.corruption import BLIND_DIGITS, BLIND_FACES, POINTS, Corruption, Mixture
from denoise_demo.denoisers.recipe import Recipe

ARTICLES: dict[str, str] = {
    "S0": "Denoise with autoencoders (A. Amico, 2019)",
    "S1": "Image Denoising Using Auto Encoders",
    "S2": "Remove Noisy From Images Using Autoencoders",
    "S3": "Using Auto-Encoders to denoise domain specific images (2018)",
    "S4": "Autoencoders - remoção de ruídos (2020)",
    "Blind": "this laboratory's own network, in no article",
}


def get_recipe(recipe_id: object) -> Recipe:
    """Return a recipe by id; ValueError lists the known ones."""
    return lookup(RECIPES, recipe_id, "recipe")


def denoising_recipes(domain: str | None = None) -> dict[str, Recipe]:
    """Return the recipes of a domain, or of all, that return images."""
    return {
        key: recipe
        for key, recipe in RECIPES.items()
        if recipe.denoises and domain in (None, recipe.domain)
    }


def _clean_to_clean(units: int, lesson: str) -> Recipe:
    """Return the recipe of one of S2's clean-to-clean autoencoders."""
    return Recipe(
        id=f"dense-{units}",
        title=f"Dense {units}, clean to clean",
        article="S2",
        model=f"dense-{units}",
        corruption=POINTS["clean"],
        point="clean",
        loss="mse",
        epochs=10,
        batch=32,
        lesson=lesson,
    )


def _dense_300(name: str, title: str, point: str, lesson: str) -> Recipe:
    """Return the recipe of one of S3's four networks."""
    published = name == "published"
    return Recipe(
        id=f"dense-300-{name}",
        title=title,
        article="S3",
        model="dense-300-relu" if published else "dense-300",
        corruption=POINTS[point],
        point=point,
        loss="mse",
        epochs=30,
        batch=64,
        optimiser="RMSprop",
        optimiser_settings={"lr": 0.01 if published else 0.001},
        glorot=False,
        lesson=lesson,
    )


# Name, training levels, which include those of the article and its notebook, evaluation point.
_FACE_NOISES: dict[str, tuple[str, Corruption, str]] = {
    "gaussian": ("Gaussian", Corruption("gaussian", level=(0.05, 0.4)), "s4-gaussian"),
    "poisson": ("Poisson", Corruption("poisson", level=(16, 256)), "s4-poisson"),
    "salt-pepper": ("salt & pepper", Corruption("salt-pepper", level=(0.0, 0.3)), "s4-salt-pepper"),
    "speckle": ("speckle", Corruption("speckle", level=(0.2, 1.2)), "s4-speckle"),
}


def _strided_conv(noise: str, lesson: str) -> Recipe:
    """Return the recipe of one of S4's four autoencoders."""
    name, corruption, point = _FACE_NOISES[noise]
    return Recipe(
        id=f"strided-conv-{noise}",
        title=f"Strided autoencoder, {name}",
        article="S4",
        model="strided-conv",
        domain="faces",
        corruption=corruption,
        point=point,
        loss="mse",
        epochs=25,
        batch=32,
        schedule="one-cycle",
        optimiser_settings={"lr": 0.008, "eps": 1e-7},  # in the article a constant 0.001
        precision="bfloat16",
        max_norm=1.0,
        validation=0.1,
        lesson=lesson,
    )


def _pix2pix(noise: str, lesson: str) -> Recipe:
    """Return the recipe of one of S4's four generators."""
    return replace(
        _strided_conv(noise, lesson),
        id=f"pix2pix-{noise}",
        title=f"pix2pix, {_FACE_NOISES[noise][0]}",
        model="pix2pix",
        loss="l1",
        adversarial=0.01,  # against 1 for the L1 loss, as in the article
        epochs=40,  # 10 in the article, at a constant rate of 0.0002
        optimiser_settings={"lr": 0.002, "betas": (0.5, 0.999)},
        glorot=False,
    )


def _blind(domain: str, corruption: Mixture, loss: str, epochs: int, lesson: str) -> Recipe:
    """Return the recipe of a domain's blind network."""
    return Recipe(
        id=f"blind-{domain}",
        title=f"Any noise, {domain}",
        article="Blind",
        model=f"blind-{domain}",
        domain=domain,
        corruption=corruption,
        point="blind",
        loss=loss,
        epochs=epochs,
        batch=256,
        optimiser="Muon",
        optimiser_settings={"lr": 0.004},
        mirror=domain == "faces",
        schedule="one-cycle",
        precision="bfloat16",
        max_norm=5.0,
        # Digits: of the final training; designs were chosen on the last 10,000 images.
        validation={"digits": 2_000, "faces": 0.1}[domain],
        glorot=False,
        lesson=lesson,
    )


_RECIPES = (
    _blind(
        "digits",
        BLIND_DIGITS,
        loss="psnr-spread",
        epochs=36,
        lesson="One network for every noise on digits: it is given neither the kind nor the level, "
        "and estimates both from the picture.",
    ),
    Recipe(
        id="conv-pool",
        title="Convolutional, pooled",
        article="S0",
        model="conv-pool",
        corruption=POINTS["s0-train"],
        point="s0-train",
        loss="bce",
        epochs=200,  # 50 in the article, at a constant rate of 0.003
        batch=256,
        steps=230,
        schedule="one-cycle",
        optimiser_settings={"lr": 0.02, "eps": 1e-7},
        precision="bfloat16",
        max_norm=1.0,
        seed=1,  # some seeds start with dead channels
        lesson="Few parameters remove blur and heavy noise together, at the cost of fine detail: "
        "a clean digit comes back slightly worse.",
    ),
    Recipe(
        id="dense-64",
        title="Dense 64, one-sided noise",
        article="S1",
        model="dense-64",
        corruption=POINTS["s1"],
        point="s1",
        loss="bce",
        epochs=100,
        batch=512,
        fresh=False,
        seed=3,  # the best of four seeds on validation images
        patience=5,
        validation=12_000,
        lesson="It learns that the background is grey: it restores the classifier's accuracy "
        "under one-sided noise, and damages a digit without noise.",
    ),
    _clean_to_clean(
        1,
        "One number for a whole digit: little more than the amount of ink. A single ReLU unit can "
        "die in training; with this seed it does not.",
    ),
    _clean_to_clean(2, "Two numbers: digits collapse into a few blurred shapes."),
    _clean_to_clean(8, "Eight numbers: the digit is readable, the handwriting is lost."),
    _clean_to_clean(
        32, "Thirty-two numbers keep the handwriting. It never saw noise, and copies some."
    ),
    Recipe(
        id="dense-16",
        title="Dense 16, Gaussian noise",
        article="S2",
        model="dense-16",
        corruption=POINTS["s2"],
        point="s2",
        loss="mse",
        epochs=10,
        batch=32,
        fresh=False,
        seed=1,  # the best of four seeds on validation images
        lesson="A narrow code cannot store noise, so it removes it, and some of the digit too.",
    ),
    Recipe(
        id="conv-flat",
        title="Convolutional, flat",
        article="S2",
        model="conv-flat",
        corruption=POINTS["s2"],
        point="s2",
        loss="bce",
        epochs=30,  # 10 in the article, on 60,000 images, at a constant rate of 0.001
        batch=32,
        schedule="one-cycle",
        optimiser_settings={"lr": 0.02, "eps": 1e-7},
        precision="bfloat16",
        fresh=False,
        seed=1,
        lesson="No bottleneck, and the sharpest digits of all articles: 3,217 parameters that see "
        "only the neighbourhood of a pixel.",
    ),
    _dense_300(
        "clean",
        "Dense 300, clean to clean",
        "clean",
        "Trained on clean digits only: it copies its input, noise included.",
    ),
    _dense_300(
        "fixed",
        "Dense 300, one noise level",
        "s2",
        "Trained at sigma 0.5 only: it assumes that level, and gains nothing when there is less.",
    ),
    _dense_300(
        "random",
        "Dense 300, random noise level",
        "s3-random",
        "Trained on every level from 0 to 1: as good at sigma 0.5, and far better below.",
    ),
    _dense_300(
        "published",
        "Dense 300, as published",
        "s3-random",
        "The published code, kept for the contrast: with a ReLU output and a learning rate of 0.01 "
        "most output units die and stay black for every image.",
    ),
    Recipe(
        id="mlp-classifier",
        title="Digit classifier",
        article="S1",
        model="mlp-classifier",
        corruption=POINTS["clean"],
        point="clean",
        loss="cross-entropy",
        epochs=5,
        batch=512,
        seed=1,  # the best of six seeds on validation images
        lesson="It classifies clean digits well and fails on noise it never saw.",
    ),
    _blind(
        "faces",
        BLIND_FACES,
        loss="psnr-mae-spread",
        epochs=180,
        lesson="One network for every noise on faces: it separates specks from eyes, and light "
        "noise from heavy, by the picture alone.",
    ),
    _strided_conv("gaussian", "A face in a hundred numbers: the noise goes, and the likeness too."),
    _strided_conv(
        "poisson",
        "Noise at 256 photons is weaker than what a hundred numbers lose: the noisy picture is "
        "better. At a lower peak the network wins.",
    ),
    _strided_conv(
        "salt-pepper",
        "It redraws every pixel to repair a few: with one value in 250 hit, the noisy picture is "
        "far better.",
    ),
    _strided_conv("speckle", "Speckle hits bright parts most; it infers the face from dark ones."),
    _pix2pix("gaussian", "Skip connections carry detail past the bottleneck: the likeness stays."),
    _pix2pix("poisson", "Its gate keeps values that are nearly right: light noise gets lighter."),
    _pix2pix("salt-pepper", "Its gate opens only at wrong values, and keeps all others."),
    _pix2pix("speckle", "It takes brightness from dark neighbours, where speckle is weak."),
)
RECIPES: dict[str, Recipe] = {recipe.id: recipe for recipe in _RECIPES}
