"""Measure the live page in a real browser: rate, latency, a far away server, drawing, memory.

python benchmarks/live.py            # everything, about seven minutes
python benchmarks/live.py --only drag

Prints Markdown tables, and a line for whatever is one number. Latency runs from the `input` event
to the picture being on the canvas. The comparison is a plain `slider.input -> gr.Image` page with
the same computation, measured in the same run.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from denoise_demo.denoisers import RECIPES  # noqa: E402

EVENTS, RATE = 150, 60
DELAY = 0.150  # seconds added to every round trip of the far away server
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Drives one slider at a steady rate; `shown` tells which value the page shows now.
DRAG = """
async ({ id, target, shown, events, rate, low, high }) => {
  const input = document.querySelector(`#${id} input[type=range]`);
  const sent = new Map(), paints = [];
  const read = new Function("element", `return ${shown}`);
  const element = document.querySelector(target);
  let last = read(element);
  const observer = new MutationObserver(() => {
    const value = read(element);
    if (value === last || !sent.has(value)) return;
    last = value;
    paints.push([performance.now(), value]);
  });
  const all = { attributes: true, childList: true, subtree: true, characterData: true };
  observer.observe(element, all);
  const start = performance.now();
  let value;
  for (let i = 0; i < events; i++) {
    const due = start + (i * 1000) / rate;
    while (performance.now() < due) {
      await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now() - 1)));
    }
    value = String(Math.round((low + ((high - low) * i) / (events - 1)) * 100) / 100);
    input.value = value;
    sent.set(value, performance.now());
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const dragged = performance.now();
  await new Promise((go) => setTimeout(go, 1500));
  observer.disconnect();
  const during = paints.filter(([at]) => at <= dragged + 50).length;
  const order = paints.every(([, v], i) => i === 0 || Number(v) >= Number(paints[i - 1][1]));
  return {
    rate: (1000 * during) / (dragged - start), latencies: paints.map(([at, v]) => at - sent.get(v)),
    in_order: order, ended_on_last: last === value, paints: paints.length,
  };
}
"""

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

PLAIN = '''
"""A plain page: slider.input -> gr.Image, with the laboratory's own computation."""
import os, sys
sys.path.insert(0, sys.argv[1])
import gradio as gr, torch
from denoise_demo.data import load_examples
from denoise_demo.lab import Settings, run
from denoise_demo.data import to_pil
torch.set_num_threads(1)
clean = load_examples().clean(slice(0, 1))
def picture(blur):
    outcome = run(clean, Settings("uniform", 0.8, blur, "blind-digits", 0))
    return gr.Image(to_pil(outcome.denoised, 8), label=f"{blur:g}")
with gr.Blocks(analytics_enabled=False) as demo:
    blur = gr.Slider(0, 4, 0.5, step=0.01, elem_id="blur-sigma")
    image = gr.Image(label="0", elem_id="out")
    blur.input(picture, blur, image, trigger_mode="always_last", show_progress="hidden",
               queue=sys.argv[2] == "queue")
demo.launch(quiet=True)
'''


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(arguments: list[str], **environment: str) -> Iterator[tuple[str, int, float]]:
    """Start a page; give its address, process id and the seconds until it answered."""
    port, started = free_port(), time.perf_counter()
    variables = os.environ | {"GRADIO_SERVER_PORT": str(port)} | environment
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=variables, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        while True:
            if process.poll() is not None or time.perf_counter() - started > 120:
                raise SystemExit("the page did not start")
            try:
                urllib.request.urlopen(url, timeout=1).read()
                break
            except OSError:
                time.sleep(0.05)
        yield url, process.pid, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


@contextmanager
def far_away(port: int) -> Iterator[str]:
    """Relay connections to a port, holding back everything the server says by DELAY."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    address = free_port()

    async def relay(reader: Any, writer: Any, delay: float) -> None:
        while data := await reader.read(65536):
            loop.call_later(delay, writer.write, data)
        loop.call_later(delay + 0.05, writer.close)

    async def connect(reader: Any, writer: Any) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(relay(reader, up_writer, 0), relay(up_reader, writer, DELAY))

    async def serve() -> None:
        await asyncio.start_server(connect, "127.0.0.1", address)
        ready.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    threading.Thread(target=work, daemon=True).start()
    ready.wait()
    yield f"http://127.0.0.1:{address}/"

    def leave() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.call_later(0.2, loop.stop)

    loop.call_soon_threadsafe(leave)


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("#stage[data-paints]", timeout=60_000)
    page.wait_for_timeout(1500)


STAGE = {"target": "#stage", "shown": "element.dataset.blurSigma"}
PLAIN_IMAGE = {
    "target": "#out",
    "shown": "element.querySelector('label')?.textContent.trim()",
}


def drag(
    page: Page,
    where: dict[str, str],
    *,
    rate: int = RATE,
    high: float = 2.0,
    events: int = EVENTS,
) -> dict[str, Any]:
    options = {"id": "blur-sigma", "events": events, "rate": rate, "low": 0.0, "high": high}
    measured: dict[str, Any] = page.evaluate(DRAG, where | options)
    return measured


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def row(name: str, measured: dict[str, Any]) -> str:
    latencies = measured["latencies"]
    if not latencies:
        raise SystemExit(f"{name}: the page never painted")
    cells = [
        f"{measured['rate']:.1f}",
        f"{median(latencies):.1f}",
        f"{percentile(latencies, 0.95):.1f}",
        "yes" if measured["in_order"] else "no",
        "yes" if measured["ended_on_last"] else "no",
    ]
    return f"| {name} | {' | '.join(cells)} |"


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
        with far_away(int(url.rstrip("/").rsplit(":", 1)[1])) as distant:
            open_page(page, distant)
            measure(f"stage, {1000 * DELAY:.0f} ms away", STAGE)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "plain.py"
        script.write_text(PLAIN, encoding="utf-8")
        for mode in ("queue", "no queue"):
            with serving([str(script), str(ROOT), mode]) as (url, _, _):
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
    """Megabytes of a process."""
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
    """From the command to the answer to a first drag."""
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
    parser.add_argument("--only", choices=["drag", "faces", "draw", "memory", "start"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    parts = {
        "start": measure_start,
        "drag": lambda page: measure_drag(page, options.repeats),
        "faces": lambda page: measure_faces(page, options.repeats),
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
