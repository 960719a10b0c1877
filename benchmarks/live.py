"""Measure the live page in a real browser: rate, latency, distance, photos, drawing, memory.

    python -m benchmarks.live               everything, about seven minutes
    python -m benchmarks.live --only drag

Prints Markdown tables and single numbers. Latency is from the `input` event to the picture on the
canvas. The comparison is `plain.py`, a `slider.input -> gr.Image` page with the same computation.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import (
    CHROMIUM,
    DELAY,
    EVENTS,
    PLAIN_IMAGE,
    RATE,
    STAGE,
    distant,
    drag,
    open_page,
    percentile,
    row,
    serving,
)
from denoise_demo.denoisers import RECIPES

PHOTO = {"id": "noise-level", "target": "#photos", "shown": "element.dataset.level"}
STROKE = """
async ({ events, rate }) => {
  const pad = document.querySelector("#stage .pad"), stage = document.getElementById("stage");
  const box = pad.getBoundingClientRect(), latencies = [];
  let asked = 0, paints = 0;
  const observer = new MutationObserver(() => {
    paints += 1;
    if (asked) latencies.push(performance.now() - asked);
    asked = 0;
  });
  observer.observe(stage, { attributes: true, attributeFilter: ["data-paints"] });
  const fire = (type, i) => {
    const turn = (i / events) * 2 * Math.PI;
    pad.dispatchEvent(new PointerEvent(type, {
      bubbles: true, cancelable: true, pointerId: 1, button: 0, buttons: 1, isPrimary: true,
      clientX: box.left + box.width * (0.5 + 0.25 * Math.sin(turn)),
      clientY: box.top + box.height * (0.5 - 0.35 * Math.cos(turn)),
    }));
  };
  pad.setPointerCapture = () => {};
  fire("pointerdown", 0);
  for (let i = 1; i < events; i++) {
    await new Promise((go) => setTimeout(go, 1000 / rate));
    if (!asked) asked = performance.now();
    fire("pointermove", i);
  }
  fire("pointerup", events);
  await new Promise((go) => setTimeout(go, 300));
  observer.disconnect();
  return { latencies, paints };
}
"""


def measure_drag(page: Page, repeats: int) -> None:
    print("| page | events/s | paints/s | median ms | 95 % ms | in order | last value shown |")
    print("|---|---|---|---|---|---|---|")

    def measure(name: str, where: dict[str, str], rate: int = RATE) -> None:
        drag(page, where, rate=rate)
        for _ in range(repeats):
            print(row(f"{name} | {rate}", drag(page, where, rate=rate)), flush=True)

    with serving(["app.py"]) as (url, _, _):
        open_page(page, url)
        measure("stage", STAGE)
        measure("stage", STAGE, 2 * RATE)
        with distant(int(url.rstrip("/").rsplit(":", 1)[1])) as address:
            open_page(page, address)
            measure(f"stage, {1000 * DELAY:.0f} ms away", STAGE)
    for mode in ("queue", "no queue"):
        with serving(["-m", "benchmarks.plain", mode]) as (url, _, _):
            page.goto(url)
            page.wait_for_selector("#blur-sigma input[type=range]")
            page.wait_for_timeout(1500)
            measure(f"plain gr.Image, {mode}", PLAIN_IMAGE)
            measure(f"plain gr.Image, {mode}", PLAIN_IMAGE, 2 * RATE)


def measure_faces(page: Page, repeats: int) -> None:
    print("| faces through | events/s | paints/s | median ms | 95 % ms | in order | last shown |")
    print("|---|---|---|---|---|---|---|")
    with serving(["app.py"]) as (url, _, _):
        open_page(page, url)
        page.locator("#domain").get_by_label("Faces").check()
        for recipe in ("blind-faces", "strided-conv-gaussian", "pix2pix-gaussian"):
            page.locator("#recipe input").fill(RECIPES[recipe].label)
            page.get_by_role("option", name=RECIPES[recipe].label).click()
            page.wait_for_selector(f"#stage[data-recipe={recipe}]")
            drag(page, STAGE)
            for _ in range(repeats):
                print(row(f"{recipe} | {RATE}", drag(page, STAGE)), flush=True)


def measure_photos(page: Page, repeats: int) -> None:
    print("| photo through | events/s | paints/s | median ms | 95 % ms | in order | last shown |")
    print("|---|---|---|---|---|---|---|")
    with serving(["app.py"]) as (url, _, _):
        for denoiser in ("blind-photos", "bilateral"):
            page.goto(f"{url}?show=photos&cleaner={denoiser}")
            page.wait_for_selector(f"#photos[data-fine=true][data-denoiser={denoiser}]")
            drag(page, PHOTO, high=0.6)
            for _ in range(repeats):
                found = drag(page, PHOTO, high=0.6)
                print(row(f"{denoiser} | {RATE}", found), flush=True)


def measure_drawing(page: Page) -> None:
    with serving(["app.py"]) as (url, _, _):
        open_page(page, url)
        page.get_by_role("tab", name="Draw").click()
        page.wait_for_timeout(500)
        page.evaluate(STROKE, {"events": 60, "rate": RATE})
        page.click("#stage [data-action=clear]")
        measured = page.evaluate(STROKE, {"events": 120, "rate": RATE})
        latencies = measured["latencies"]
        print(
            f"drawing: {measured['paints']} paints in {120 / RATE:.0f} s, from pen to denoised "
            f"median {median(latencies):.1f} ms, 95 % {percentile(latencies, 0.95):.1f} ms"
        )


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmRSS")


def measure_memory(page: Page) -> None:
    with tempfile.TemporaryDirectory() as folder:
        variables = {"TMPDIR": folder, "GRADIO_TEMP_DIR": str(Path(folder) / "gradio")}
        with serving(["app.py"], **variables) as (url, pid, seconds):
            open_page(page, url)
            print(f"start: page served after {seconds:.1f} s; resident {resident(pid):.0f} MB")
            files = sum(1 for path in Path(folder).rglob("*") if path.is_file())
            sizes = {}
            total = 0
            while total < 5000:
                total += drag(page, STAGE, high=4.0, events=250)["paints"]
                if total >= 1000:
                    sizes.setdefault(1000, resident(pid))
            sizes[5000] = resident(pid)
            grown = sum(1 for path in Path(folder).rglob("*") if path.is_file()) - files
            growth = 100 * (sizes[5000] / sizes[1000] - 1)
            print(
                f"memory: {sizes[1000]:.0f} MB after 1,000 updates, {sizes[5000]:.0f} MB after "
                f"{total:,} ({growth:+.1f} %); {grown} temporary files written"
            )


def measure_start(page: Page) -> None:
    """Measure from the command to the answer to a first drag."""
    started = time.perf_counter()
    with serving(["app.py"]) as (url, _, seconds):
        page.goto(url)
        page.wait_for_selector("#stage[data-paints]", timeout=60_000)
        page.evaluate(
            "() => { const i = document.querySelector('#blur-sigma input[type=range]');"
            "i.value = '1.23'; i.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        page.wait_for_selector("#stage[data-blur-sigma='1.23']")
        print(
            f"start: served after {seconds:.1f} s, first drag answered after "
            f"{time.perf_counter() - started:.1f} s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["drag", "faces", "photos", "draw", "memory", "start"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    parts = {
        "start": measure_start,
        "drag": lambda page: measure_drag(page, options.repeats),
        "faces": lambda page: measure_faces(page, options.repeats),
        "photos": lambda page: measure_photos(page, options.repeats),
        "draw": measure_drawing,
        "memory": measure_memory,
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=CHROMIUM)
        for name, part in parts.items():
            if options.only in (None, name):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                part(page)
                page.close()
        browser.close()
    print(json.dumps({"cores": os.cpu_count(), "events": EVENTS, "rate": RATE}))


if __name__ == "__main__":
    main()
