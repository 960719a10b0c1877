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
    "Blind": "of this laboratory, not from an article",
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
        title=f"Code of {units} number{'s' if units > 1 else ''}",
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
        title=f"Face autoencoder for {name} noise",
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
        title=f"Face repainter for {_FACE_NOISES[noise][0]} noise",
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
        title="Our network",
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
        title="Small autoencoder",
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
        lesson="With few parameters it removes blur and heavy noise together, but also fine "
        "detail: a clean digit becomes slightly worse.",
    ),
    Recipe(
        id="dense-64",
        title="Autoencoder for one-sided noise",
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
        lesson="It has learnt to expect a grey background: it restores the classifier's accuracy "
        "under one-sided noise, but damages a digit without noise.",
    ),
    _clean_to_clean(
        1,
        "A code of one number stores little more than the amount of ink. A single ReLU unit can "
        "die in training, which means that it always returns 0; with this seed it does not.",
    ),
    _clean_to_clean(2, "A code of two numbers: every digit becomes one of a few blurred shapes."),
    _clean_to_clean(8, "A code of eight numbers keeps the digit readable, not the handwriting."),
    _clean_to_clean(
        32,
        "A code of 32 numbers keeps the handwriting. The network was never trained on noise, so it "
        "reproduces some of it.",
    ),
    Recipe(
        id="dense-16",
        title="Autoencoder for Gaussian noise",
        article="S2",
        model="dense-16",
        corruption=POINTS["s2"],
        point="s2",
        loss="mse",
        epochs=10,
        batch=32,
        fresh=False,
        seed=1,  # the best of four seeds on validation images
        lesson="A code of 16 numbers cannot store the noise, so it is removed, and with it some "
        "detail of the digit.",
    ),
    Recipe(
        id="conv-flat",
        title="Small network, no bottleneck",
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
        lesson="No bottleneck: 3,217 parameters compute each pixel from its neighbourhood only. It "
        "returns the sharpest digits of all the articles' networks.",
    ),
    _dense_300(
        "clean",
        "Wide network, no noise",
        "clean",
        "Trained on clean digits only: it copies its input, noise included.",
    ),
    _dense_300(
        "fixed",
        "Wide network, one level",
        "s2",
        "Trained at sigma 0.5 only: it assumes that level, and is no better under less noise.",
    ),
    _dense_300(
        "random",
        "Wide network, every level",
        "s3-random",
        "Trained on every level from 0 to 1: as good at sigma 0.5 as the network trained on that "
        "level alone, and far better at lower levels.",
    ),
    _dense_300(
        "published",
        "Wide network, as published",
        "s3-random",
        "The published code, kept for comparison: with a ReLU output and a learning rate of 0.01 "
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
        lesson="It classifies clean digits well, but fails on noise, which it was not trained on.",
    ),
    _blind(
        "faces",
        BLIND_FACES,
        loss="psnr-mae-spread",
        epochs=180,
        lesson="One network for every noise on faces: it tells specks from eyes, and light noise "
        "from heavy, from the picture alone.",
    ),
    _strided_conv("gaussian", "A code of 100 numbers loses the noise, and the likeness too."),
    _strided_conv(
        "poisson",
        "At a peak of 256 photons the noise destroys less than a code of 100 numbers loses: the "
        "noisy picture is better. At a lower peak the denoised one is.",
    ),
    _strided_conv(
        "salt-pepper",
        "It reconstructs every pixel to repair a few: with one value in 250 set to 0 or 1, the "
        "noisy picture is far better.",
    ),
    _strided_conv(
        "speckle", "Speckle is strongest in bright areas; the network infers them from dark ones."
    ),
    _pix2pix("gaussian", "Skip connections carry detail past the bottleneck: the likeness stays."),
    _pix2pix("poisson", "Its output gate keeps nearly correct values, so it reduces light noise."),
    _pix2pix("salt-pepper", "Its output gate replaces only wrong values and keeps all others."),
    _pix2pix("speckle", "It infers brightness from dark neighbours, where speckle is weak."),
)
RECIPES: dict[str, Recipe] = {recipe.id: recipe for recipe in _RECIPES}
