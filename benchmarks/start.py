"""Measure the start of the page: the first page, the first picture, first uses of each denoiser.

    python -m benchmarks.start [--rounds 3]

The start is that of `python app.py`, from a warm disk; the seconds of CPU are the whole process's.
The second table is the first use of every network and filter, 5 seconds after the first page.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

from gradio_client import Client

ROOT = Path(__file__).parents[1]
SETTLED = 5  # seconds after the first page
IMAGE = [[(row * column % 9) / 8 for column in range(28)] for row in range(28)]
COLOURED = [[[pixel] * 3 for pixel in row] for row in IMAGE]


def start() -> tuple[subprocess.Popen[bytes], str, float, float]:
    """Start the page; return its process and address, and the seconds to its first page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, begun = f"http://127.0.0.1:{port}/", time.perf_counter()
    environment = os.environ | {"GRADIO_SERVER_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    while True:
        try:
            with urllib.request.urlopen(url) as answer:
                answer.read()
            return process, url, time.perf_counter() - begun, cpu_seconds(process.pid)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used; Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(client: Client, recipe: str, image: object) -> float:
    """Return how long one picture takes, noise, scores and HTTP included."""
    begun = time.perf_counter()
    client.predict(image, recipe, "gaussian", 0.3, 0.5, 0, api_name="/denoise")
    return 1e3 * (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| start | first page, s | of CPU, s | first picture, ms |\n|---|---|---|---|")
    firsts: dict[str, list[float]] = {}
    agains: dict[str, list[float]] = {}
    for number in range(options.rounds):
        process, url, served, cpu = start()
        try:
            client = Client(url, verbose=False)
            picture = milliseconds(client, "blind-digits", IMAGE)
            print(f"| {number + 1} | {served:.1f} | {cpu:.1f} | {picture:.0f} |", flush=True)
            time.sleep(SETTLED)
            for entry in client.predict(api_name="/recipes"):
                image = COLOURED if entry["domain"] == "faces" else IMAGE
                for found in (firsts, agains):
                    found.setdefault(entry["id"], []).append(
                        milliseconds(client, entry["id"], image)
                    )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    print("\n| first use of | ms | again, ms |\n|---|---|---|")
    for key, spent in firsts.items():
        print(f"| {key} | {median(spent):.0f} | {median(agains[key]):.0f} |")
    print(f"\nThe slowest first use took {max(map(max, firsts.values())):.0f} ms.")


if __name__ == "__main__":
    main()
