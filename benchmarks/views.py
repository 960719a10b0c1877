"""Measure two views in a real browser: comparisons and codes per second while dragging.

    python -m benchmarks.views

Prints Markdown. A grid is one picture through every network of the domain and every fast filter,
measured, classified and painted; a code is decoded, classified and painted.
"""

import argparse
import os
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import CHROMIUM, EVENTS, RATE, drag, open_page, row, serving

GRID = {"target": "#compare", "shown": "element.dataset.blurSigma"}
CIRCLE = """
async ({ events, rate }) => {
  const plane = document.querySelector("#codes .plane"), view = document.getElementById("codes");
  const box = plane.getBoundingClientRect(), latencies = [];
  let asked = 0;
  const observer = new MutationObserver(() => {
    if (asked) latencies.push(performance.now() - asked);
    asked = 0;
  });
  observer.observe(view, { attributes: true, attributeFilter: ["data-decodes"] });
  plane.setPointerCapture = () => {};
  plane.hasPointerCapture = () => true;
  const before = Number(view.dataset.decodes ?? 0), start = performance.now();
  for (let i = 0; i < events; i++) {
    const due = start + (i * 1000) / rate;
    while (performance.now() < due) {
      await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now() - 1)));
    }
    const turn = (i / events) * 2 * Math.PI;
    if (!asked) asked = performance.now();
    plane.dispatchEvent(new PointerEvent(i ? "pointermove" : "pointerdown", {
      bubbles: true, cancelable: true, pointerId: 1,
      clientX: box.left + box.width * (0.5 + 0.4 * Math.sin(turn)),
      clientY: box.top + box.height * (0.5 - 0.4 * Math.cos(turn)),
    }));
  }
  const seconds = (performance.now() - start) / 1000;
  await new Promise((go) => setTimeout(go, 300));
  observer.disconnect();
  return { rate: (Number(view.dataset.decodes) - before) / seconds, latencies };
}
"""


def measure_grids(page: Page, repeats: int) -> None:
    print("| grid of | events/s | grids/s | median ms | 95 % ms | in order | last value shown |")
    print("|---|---|---|---|---|---|---|")
    page.locator("#view-compare-button").click()
    for domain in ("Digits", "Faces"):
        page.locator("#domain").get_by_label(domain).check()
        name = "pix2pix-gaussian" if domain == "Faces" else "conv-pool"
        page.wait_for_selector(f"#compare [data-denoiser={name}]")
        page.wait_for_timeout(2000)
        drag(page, GRID)
        for _ in range(repeats):
            cards = page.locator("#compare .card").count() - 1
            print(
                row(f"{cards} denoisers of {domain.lower()} | {RATE}", drag(page, GRID)), flush=True
            )


def measure_codes(page: Page, repeats: int) -> None:
    print("| point on the map | codes/s | median ms |\n|---|---|---|")
    page.locator("#domain").get_by_label("Digits").check()
    page.locator("#view-codes-button").click()
    page.wait_for_selector("#codes[data-paints]")
    page.wait_for_timeout(1000)
    options = {"events": EVENTS, "rate": RATE}
    page.evaluate(CIRCLE, options)
    for _ in range(repeats):
        measured: dict[str, Any] = page.evaluate(CIRCLE, options)
        print(f"| {RATE} events/s | {measured['rate']:.1f} | {median(measured['latencies']):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with sync_playwright() as playwright, serving(["app.py"]) as (url, _, _):
        browser = playwright.chromium.launch(executable_path=options.chromium, args=CHROMIUM)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        open_page(page, url)
        measure_grids(page, options.repeats)
        measure_codes(page, options.repeats)
        browser.close()
    print(f"{os.cpu_count()} cores")


if __name__ == "__main__":
    main()
