"""Measure the server alone: no browser, clients that ask for the next picture at once.

    python -m benchmarks.server
    python -m benchmarks.server --app OLD_CHECKOUT --denoisers conv-pool --clients 1 10

Prints Markdown: the processor's time for each picture, in all and by part, and rates with crowds.
Clients and server share the machine.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from benchmarks.browser import percentile, serving
from benchmarks.load import LEVELS, Server, wanted
from denoise_demo.common import parse
from denoise_demo.corruption import corrupt
from denoise_demo.denoisers import load_network, serve_page
from denoise_demo.lab import clean_picture, experiment, run
from denoise_demo.ui.panels.stage import stage
from denoise_demo.ui.web.server import Request, pack

ROUNDS = 5
CALLS = 100  # in a round


async def measure(server: Server, denoiser: str, count: int, seconds: float) -> str:
    """Let clients ask one request after another; return a row of the table."""
    clients = [server.visitor() for _ in range(count)]
    latencies: list[float] = []

    async def ask(client, place: int) -> None:
        while time.perf_counter() < until:
            place = (place + 1) % len(LEVELS)
            started = time.perf_counter()
            request = wanted(LEVELS[place]) | {"denoiser": denoiser}
            _, reply = await client.call("stage", "step", request)
            if "images" in reply:
                latencies.append(1000 * (time.perf_counter() - started))
            await asyncio.sleep(reply.get("retry", 0) / 1000)

    until = time.perf_counter() + 1
    await asyncio.gather(*(ask(client, i) for i, client in enumerate(clients)))
    latencies.clear()
    before, until = server.cpu_seconds(), time.perf_counter() + seconds
    await asyncio.gather(*(ask(client, i) for i, client in enumerate(clients)))
    spent = 1000 * (server.cpu_seconds() - before) / len(latencies)
    for client in clients:
        client.leave()
    return (
        f"| {denoiser} | {count} | {len(latencies) / seconds:.1f} | {spent:.1f} "
        f"| {median(latencies):.1f} | {percentile(latencies, 95):.1f} |"
    )


async def crowds(server: Server, options: argparse.Namespace) -> None:
    """Print the table of rates."""
    await server.prepare()
    print("| denoiser | clients | pictures/s | ms of CPU each | median ms | 95 % ms |")
    print("|---|---|---|---|---|---|")
    for denoiser in options.denoisers:
        for count in options.clients:
            print(await measure(server, denoiser, count, options.seconds), flush=True)


def spent(work: Callable[[], object]) -> float:
    """Return the milliseconds of this thread that one call takes, in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        for _ in range(CALLS):
            work()
        rounds.append(1000 * (time.thread_time() - started) / CALLS)
    return min(rounds)


def parts(denoiser: str) -> dict[str, float]:
    """Return the milliseconds of the parts of one step of the stage."""
    values = wanted(0.8) | {"denoiser": denoiser}
    request = parse(Request, values, "the request")
    clean, label = clean_picture(request.source)
    outcome = run(clean, request)
    noisy, denoised = outcome.noisy, outcome.denoised
    sigma = torch.zeros(1)
    spec = experiment.get_denoiser(denoiser)
    frame = stage._frame(outcome, label)
    return {
        "request": spent(lambda: clean_picture(parse(Request, values, "the request").source)),
        "corruption": spent(lambda: corrupt(clean, "uniform", 0.8, 0.0, generator=0)),
        "network": spent(lambda: experiment._denoise(spec, noisy, sigma)),
        "scores": spent(lambda: experiment._score(clean, noisy, denoised)),
        "classes": spent(lambda: experiment._classify(clean, noisy, denoised)),
        "answer": spent(lambda: pack(stage._frame(outcome, label))),
        "whole step": spent(lambda: stage.step(values)),
        "packing": spent(lambda: pack(frame)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--denoisers", nargs="+", default=["blind-digits", "conv-pool"])
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 2, 10, 50])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--app", type=Path, metavar="FOLDER", help="another checkout")
    options = parser.parse_args()
    with serving(["app.py"], root=options.app, GRADIO_TEMP_DIR=tempfile.mkdtemp()) as (url, pid, _):
        time.sleep(15)  # exports of networks in the background
        asyncio.run(crowds(Server(url, pid), options))
    torch.set_num_threads(1)
    serve_page()
    for denoiser in options.denoisers:
        load_network(denoiser)
    time.sleep(15)
    print("\n| denoiser | part | ms of CPU |\n|---|---|---|")
    for denoiser in options.denoisers:
        for part, milliseconds in parts(denoiser).items():
            print(f"| {denoiser} | {part} | {milliseconds:.2f} |")


if __name__ == "__main__":
    main()
