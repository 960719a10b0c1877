"""Time epochs of conv-pool as the article trained it: a Python generator with SciPy feeds Keras.

Needs TensorFlow, unlike denoise_demo; `benchmarks/training.py` calls it. Prints the seconds of each
epoch; the first includes building the graph.
"""

import argparse
import os
import time
from collections.abc import Iterator

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
from keras import layers
from scipy.ndimage import gaussian_filter

BATCH, STEPS, IMAGES = 256, 230, 60_000
Batch = tuple[np.ndarray, np.ndarray]


def network() -> keras.Model:
    """Build and compile the article's network: 4,385 parameters."""

    def convolution(filters: int, padding: str = "same") -> layers.Layer:
        return layers.Conv2D(filters, 3, activation="relu", padding=padding)

    image = keras.Input((28, 28, 1))
    x = layers.MaxPooling2D(2, padding="same")(convolution(16)(image))
    x = layers.MaxPooling2D(2, padding="same")(convolution(8)(x))
    x = layers.MaxPooling2D(2, padding="same")(convolution(8)(x))
    x = layers.UpSampling2D(2)(convolution(8)(x))
    x = layers.UpSampling2D(2)(convolution(8)(x))
    x = layers.UpSampling2D(2)(convolution(16, "valid")(x))
    output = layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x)
    model = keras.Model(image, output)
    model.compile(keras.optimizers.Adam(0.003), loss="binary_crossentropy")
    return model


def batches(clean: np.ndarray) -> Iterator[Batch]:
    """Yield (noisy, clean) batches endlessly, with blur and noise drawn image by image."""
    random = np.random.default_rng(0)
    while True:
        order = random.permutation(len(clean))
        for start in range(0, len(clean) - BATCH + 1, BATCH):
            batch = clean[order[start : start + BATCH]]
            noisy = np.empty_like(batch)
            for i, image in enumerate(batch):
                blurred = gaussian_filter(image, random.uniform(0, 2))
                r = random.uniform(0.01, 1.5)
                noisy[i] = blurred + random.uniform(-r, r, image.shape)
            yield noisy[..., None], batch[..., None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3)
    random = np.random.default_rng(0)
    shape = (IMAGES, 28, 28)
    ink = (random.random(shape) * (random.random(shape) < 0.2)).astype("float32")
    model, source = network(), batches(ink)
    for _ in range(parser.parse_args().epochs):
        start = time.perf_counter()
        model.fit(source, steps_per_epoch=STEPS, epochs=1, verbose=0)
        print(f"{time.perf_counter() - start:.3f}", flush=True)


if __name__ == "__main__":
    main()
