"""Measure the page under load: many people at once, on this machine's loopback interface only.

    python -m benchmarks.load                         everything but the soak, about five minutes
    python -m benchmarks.load --only drag --people 50 --seconds 120
    python -m benchmarks.load --app OLD_CHECKOUT      the same of another version
    python -m benchmarks.load --soak 30               mixed use by ten people, minutes

Prints Markdown rows. Each simulated person behaves like the page's queue: 30 new values a second,
at most two requests in flight, always the newest value, and the pauses that a busy server asks for.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import async_playwright

from benchmarks.browser import CHROMIUM, percentile, serving
from benchmarks.client import Client
from benchmarks.soak import soak

RATE = 30  # values a second that each person wants
IN_FLIGHT = 2  # of the page's queue
LEVELS = [round(0.05 * step, 2) for step in range(1, 40)]
DENOISER = "blind-digits"
FIGURE = ["s0-rising-noise", "conv-pool", "example", 3]


def wanted(level: float, source: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "source": source or {"kind": "example", "index": 3},
        "kind": "uniform",
        "level": level,
        "blur_sigma": 0.0,
        "denoiser": DENOISER,
        "seed": 0,
    }


class Server:
    """The running page: its process's use of the machine."""

    def __init__(self, url: str, pid: int):
        self.port, self.pid = int(url.rstrip("/").rsplit(":", 1)[1]), pid
        self.config: dict[str, Any] = {}

    async def prepare(self) -> None:
        """Read the page's configuration."""
        client = Client(self.port, {"components": [], "dependencies": []})
        self.config = json.loads((await client.request("GET", "/config"))[1])
        client.leave()

    def visitor(self) -> Client:
        return Client(self.port, self.config)

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def state(self) -> dict[str, int]:
        status = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        values = dict(line.split(":", 1) for line in status if ":" in line)
        return {
            "MB": int(values["VmRSS"].split()[0]) // 1024,
            "threads": int(values["Threads"]),
            "files": len(list(Path(f"/proc/{self.pid}/fd").iterdir())),
        }


class Person:
    """Drags the noise level for a while and keeps count of what comes back."""

    def __init__(self, server: Server, expected: dict[float, str]):
        self.client, self.expected = server.visitor(), expected
        self.latencies: list[float] = []
        self.errors: list[str] = []
        self.busy = self.stale = self.superseded = 0
        self.value: tuple[float, float] | None = None  # the newest level, and since when
        self.news = asyncio.Event()
        self.pause_until = 0.0

    async def drag(self, seconds: float) -> None:
        await self.client.alive()
        until = time.perf_counter() + seconds
        slots = [asyncio.create_task(self._send(until)) for _ in range(IN_FLIGHT)]
        place = random.randrange(len(LEVELS))
        await asyncio.sleep(random.random() / RATE)
        while time.perf_counter() < until:
            place = (place + 1) % len(LEVELS)
            self.value = LEVELS[place], time.perf_counter()
            self.news.set()
            await asyncio.sleep(1 / RATE)
        self.news.set()
        await asyncio.gather(*slots)
        self.client.leave()

    async def _send(self, until: float) -> None:
        while time.perf_counter() < until:
            await self.news.wait()
            self.news.clear()
            await asyncio.sleep(max(0, self.pause_until - time.perf_counter()))
            if self.value is None:
                continue
            (level, since), self.value = self.value, None
            status, reply = await self.client.call("stage", "step", wanted(level))
            self._count(status, reply, level, since)

    def _count(self, status: int, reply: Any, level: float, since: float) -> None:
        if isinstance(reply, dict) and reply.get("superseded"):
            self.superseded += 1
        elif isinstance(reply, dict) and reply.get("busy"):
            self.busy += 1
            self.pause_until = time.perf_counter() + reply["retry"] / 1000
        elif status != 200 or "images" not in reply:
            self.errors.append(f"{status} {str(reply)[:80]}")
        else:
            self.latencies.append(time.perf_counter() - since)
            self.stale += reply["images"]["noisy"] != self.expected[level]


async def reference(server: Server) -> dict[float, str]:
    """Return the noisy picture of each level, asked for one after the other."""
    client = server.visitor()
    answers = [(await client.call("stage", "step", wanted(level)))[1] for level in LEVELS]
    client.leave()
    return dict(zip(LEVELS, (answer["images"]["noisy"] for answer in answers), strict=True))


async def measure_drag(server: Server, people: int, seconds: float, *, newcomer: bool) -> None:
    """People who all drag; halfway, perhaps, one more opens the page in a browser."""
    expected = await reference(server)
    crowd = [Person(server, expected) for _ in range(people)]
    before = server.cpu_seconds()
    tasks = [asyncio.create_task(person.drag(seconds)) for person in crowd]
    opened = ""
    if newcomer:
        await asyncio.sleep(seconds / 4)
        opened = await open_page(server)
    await asyncio.gather(*tasks)
    rates = [len(person.latencies) / seconds for person in crowd]
    latencies = [1000 * value for person in crowd for value in person.latencies]
    errors = [error for person in crowd for error in person.errors]
    shares = f"{min(rates):.2f} | {median(rates):.2f}"
    counts = [sum(getattr(p, name) for p in crowd) for name in ("busy", "superseded", "stale")]
    cpu = 1000 * (server.cpu_seconds() - before) / max(1, len(latencies))
    print(
        f"| {people} | {sum(rates):.1f} | {shares} | {median(latencies):.0f} | "
        f"{percentile(latencies, 95):.0f} | {counts[0]} | {counts[1]} | {counts[2]} | "
        f"{len(errors)} | {cpu:.1f} | {opened} |",
        flush=True,
    )
    for error in set(errors):
        print(f"error: {error}")


async def open_page(server: Server) -> str:
    """Open the page in a browser; return the seconds to its document and to its first picture."""
    started = time.perf_counter()
    client = server.visitor()
    await client.request("GET", "/")
    document = time.perf_counter() - started
    client.leave()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM
        )
        page = await browser.new_page()
        started = time.perf_counter()
        await page.goto(f"http://127.0.0.1:{server.port}/", timeout=120_000)
        await page.wait_for_selector("#stage[data-paints]", timeout=120_000)
        picture = time.perf_counter() - started
        await browser.close()
    return f"{document:.1f} s, {picture:.1f} s"


async def measure_dreams(server: Server, dreamers: int = 8, seconds: float = 20) -> None:
    """One person drags while others dream without pause."""
    expected = await reference(server)
    until = time.perf_counter() + seconds

    async def keep_dreaming() -> int:
        client, count = server.visitor(), 0
        while time.perf_counter() < until:
            _, reply = await client.call("stage", "dream", {"seed": random.randrange(2**31)})
            count += "frames" in reply
            if reply.get("busy"):
                await asyncio.sleep(reply["retry"] / 1000)
        client.leave()
        return count

    dreams = [asyncio.create_task(keep_dreaming()) for _ in range(dreamers)]
    person = Person(server, expected)
    await person.drag(seconds)
    counts = await asyncio.gather(*dreams)
    latencies = [1000 * value for value in person.latencies]
    print(
        f"beside {dreamers} dreamers ({sum(counts) / seconds:.1f} dreams a second): "
        f"{len(latencies) / seconds:.1f} updates a second, median {median(latencies):.0f} ms, "
        f"95 % {percentile(latencies, 95):.0f} ms, largest {max(latencies):.0f} ms"
    )


async def measure_figures(server: Server, queued: int = 150, sessions: int = 10) -> None:
    """One person draws a figure after others have queued many."""
    crowd = [server.visitor() for _ in range(sessions)]
    for i in range(queued):
        await crowd[i % sessions].event("figure-draw", [*FIGURE, i, "", False])
    reading = [asyncio.create_task(_outcomes(client)) for client in crowd]
    person, started = server.visitor(), time.perf_counter()
    await person.event("figure-draw", [*FIGURE, queued, "", False])
    drawn = await _outcomes(person)
    seconds = time.perf_counter() - started
    for task in reading:
        task.cancel()
    print(f"a figure beside {queued} queued ones: {seconds:.1f} s ({drawn} drawn)")
    person.leave()


async def _outcomes(client: Client) -> int:
    """Read a session's messages to the end; return how many events succeeded."""
    done = [m async for m in client.messages() if m["msg"] == "process_completed"]
    return sum(bool(m["success"]) for m in done)


async def measure_idle(server: Server, pages: int = 200, seconds: float = 20) -> None:
    """Pages that are open and do nothing."""
    crowd = [server.visitor() for _ in range(pages)]
    for count in (0, pages):
        if count:
            await asyncio.gather(*(client.alive() for client in crowd))
            await asyncio.sleep(3)
        before = server.cpu_seconds()
        await asyncio.sleep(seconds)
        share = 100 * (server.cpu_seconds() - before) / seconds
        print(f"{count} idle pages: {share:.1f} % of a core")
    for client in crowd:
        client.leave()


async def measure(options: argparse.Namespace) -> None:
    environment = {"GRADIO_TEMP_DIR": tempfile.mkdtemp()}
    with serving(["app.py"], root=options.app, **environment) as (url, pid, seconds):
        server = Server(url, pid)
        await server.prepare()
        print(f"start: {seconds:.1f} s, {server.state()}")
        if options.soak:
            await soak(server, options.soak, Path(environment["GRADIO_TEMP_DIR"]), wanted)
        if "idle" in options.only:
            await measure_idle(server)
        if "drag" in options.only:
            print(
                "| people | updates/s | slowest/s | median/s | median ms | 95 % ms | busy "
                "| superseded | stale | errors | server ms of CPU | one more: document, picture |"
            )
            print("|" + "---|" * 12)
            for people in options.people:
                many = people >= 50
                await measure_drag(server, people, options.seconds, newcomer=many)
        if "dreams" in options.only:
            await measure_dreams(server)
        if "figures" in options.only:
            await measure_figures(server)
        print(f"end: {server.state()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = ["idle", "drag", "dreams", "figures"]
    parser.add_argument("--only", nargs="*", choices=parts, default=parts)
    parser.add_argument("--people", nargs="+", type=int, default=[1, 2, 10, 50])
    parser.add_argument("--seconds", type=float, default=20, help="of each drag")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="mixed use only")
    parser.add_argument("--app", type=Path, metavar="FOLDER", help="another checkout")
    options = parser.parse_args()
    if options.soak:
        options.only = []
    asyncio.run(measure(options))


if __name__ == "__main__":
    main()
