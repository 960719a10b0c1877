"""Measure the Learn tab: how soon a network is good, what streaming costs, a drag beside it.

    python -m benchmarks.learn --data-dir DATA

DATA holds mnist/. Prints Markdown. The network is dense-64 with the article's choices, on digits of
MNIST, and is measured after every epoch at `s1` on the 10,000 test digits, apart from the clock.
"""

import argparse
import math
import os
import platform
import time
from dataclasses import dataclass, field, replace

import torch
from playwright.sync_api import Browser, sync_playwright
from torch import Tensor

from benchmarks.browser import CHROMIUM, STAGE, drag, open_page, serving
from denoise_demo.benchmark import METRICS
from denoise_demo.corruption import POINTS
from denoise_demo.data import load_mnist, mnist_test
from denoise_demo.denoisers import Network
from denoise_demo.hosting import Limits
from denoise_demo.networks import build
from denoise_demo.training import Choices, Lesson, LessonLimits, Record, Trainer

GOALS = (18.0, 19.2)  # dB
CPU = torch.device("cpu")


@dataclass
class Watched(Lesson):
    """A lesson that keeps the network of every epoch, with the seconds until then."""

    kept: list[tuple[float, dict[str, Tensor]]] = field(default_factory=list)

    def _finish_epoch(self, record: Record) -> None:
        super()._finish_epoch(record)
        assert self.network
        copy = {k: v.clone() for k, v in self.network.module.state_dict().items()}
        self.kept.append((self._spent(), copy))


def measure_goals(choices: Choices, limits: LessonLimits) -> None:
    """Print the seconds of training until each of the GOALS."""
    lesson = Watched(choices, limits, heard=math.inf)
    started = time.perf_counter()
    lesson.learn()
    whole = time.perf_counter() - started
    test = mnist_test().clean()
    noisy = POINTS["s1"](test, torch.Generator().manual_seed(0))
    network = Network(lesson.recipe, build(lesson.recipe.model).eval(), CPU)
    scores = []
    for seconds, tensors in lesson.kept:
        network.module.load_state_dict(tensors)
        psnr = float(METRICS["psnr"].function(network(noisy), test).mean())
        scores.append((seconds, psnr))
    print(f"first moment after {lesson.moments[0].seconds:.2f} s of {whole:.1f} s")
    for goal in GOALS:
        reached = next((seconds for seconds, psnr in scores if psnr >= goal), None)
        print(f"{goal:g} dB: " + ("not reached" if reached is None else f"{reached:.1f} s"))
    print(f"at the end, after {len(scores)} epochs: {scores[-1][1]:.2f} dB")


def measure_streaming(choices: Choices, limits: LessonLimits, epochs: int) -> None:
    """Print the seconds of an epoch, with and without moments, alternately."""
    recipe, images = choices.to_recipe(limits), load_mnist("train")
    plain = Trainer(recipe, images, CPU)
    plain.epoch()
    alone, watched = [], []
    for _ in range(3):
        started = time.perf_counter()
        for _ in range(epochs):
            plain.epoch()
        alone.append((time.perf_counter() - started) / epochs)
        lesson = Watched(replace(choices, epochs=epochs + 1), limits, heard=math.inf)
        lesson.learn()
        first, last = lesson.kept[0][0], lesson.kept[-1][0]
        watched.append((last - first) / epochs)
    cost = 100 * (min(watched) / min(alone) - 1)
    print(f"an epoch: {min(alone):.3f} s alone, {min(watched):.3f} s with moments ({cost:+.1f} %)")


def measure_page(browser: Browser, data_dir: str | None) -> None:
    """Print the seconds from the press to the first strips, and a drag beside a training."""
    variables = {"DENOISE_DATA_DIR": data_dir} if data_dir else {}
    with serving(["app.py"], **variables) as (url, _, _):
        stage, learn = (browser.new_page(viewport={"width": 1440, "height": 900}) for _ in "ab")
        open_page(stage, url)
        drag(stage, STAGE)
        alone = drag(stage, STAGE)
        open_page(learn, url)
        learn.click("#tab-learn-button")
        learn.locator("#learn [name=epochs]").fill(str(Limits().lesson_epochs))
        started = time.perf_counter()
        learn.click("#learn [data-action=train]")
        times = {}
        for count in (1, 10):
            learn.wait_for_function(
                "(n) => Number(document.getElementById('learn').dataset.moments) >= n", arg=count
            )
            times[count] = time.perf_counter() - started
        stage.bring_to_front()
        beside = drag(stage, STAGE)
        state = learn.locator("#learn").get_attribute("data-state")
        print(f"first strip {times[1]:.1f} s after the press, the tenth {times[10]:.1f} s")
        print(
            f"a drag: {alone['rate']:.1f} paints/s alone, {beside['rate']:.1f} beside a network in "
            f"{state}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", metavar="FOLDER")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    if options.data_dir:
        os.environ["DENOISE_DATA_DIR"] = options.data_dir
    torch.set_num_threads(1)  # as on the page
    limits = LessonLimits()
    choices = Choices.of("dense-64", limits, "mnist")
    print(f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}")
    measure_goals(choices, limits)
    measure_streaming(choices, limits, 10)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=CHROMIUM)
        measure_page(browser, options.data_dir)
        browser.close()


if __name__ == "__main__":
    main()
