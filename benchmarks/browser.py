"""Shared by the benchmarks of the page: a server, a distant server, a drag, a row of a table."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
EVENTS, RATE = 150, 60
DELAY = 0.150  # seconds added to every round trip of the distant server
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Moves a slider at a steady rate; `shown` is an expression for the value that the page shows.
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    arguments: list[str], root: Path | None = None, **environment: str
) -> Iterator[tuple[str, int, float]]:
    """Start a page; yield its address, process id and the seconds until it answered."""
    port, started = free_port(), time.perf_counter()
    variables = os.environ | {"GRADIO_SERVER_PORT": str(port)} | environment
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=root or ROOT, env=variables, stdout=subprocess.DEVNULL
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
def distant(port: int) -> Iterator[str]:
    """Relay connections to a port; everything the server sends is delayed by DELAY."""
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
    measured: dict[str, Any] = page.evaluate(DRAG, options | where)
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
