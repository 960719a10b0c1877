"""Ten people who use the page in many ways, and what the server's process holds meanwhile."""

import asyncio
import base64
import io
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.client import Client

PEOPLE = 10
SAMPLES = 10  # printed rows
WARM_UP = 0.2  # share of the time


async def soak(server: Any, minutes: float, folder: Path, wanted: Any) -> None:
    """Let people use the page; print memory, threads, files and temporary files as they go."""
    until, counts = time.perf_counter() + 60 * minutes, Counter()
    people = [asyncio.create_task(_use(server, until, wanted, counts)) for _ in range(PEOPLE)]
    print("| minutes | MB | threads | open files | temporary files |\n|---|---|---|---|---|")
    started, memory = time.perf_counter(), []
    while time.perf_counter() < until:
        await asyncio.sleep(60 * minutes / SAMPLES)
        state, passed = server.state(), (time.perf_counter() - started) / 60
        temporary = sum(path.is_file() for path in folder.rglob("*"))
        print(
            f"| {passed:.1f} | {' | '.join(map(str, state.values()))} | {temporary} |", flush=True
        )
        if passed >= WARM_UP * minutes:
            memory.append(state["MB"])
    await asyncio.gather(*people)
    print(
        f"memory after warm-up: {memory[0]} to {memory[-1]} MB ({memory[-1] / memory[0] - 1:+.1%})"
    )
    print(", ".join(f"{count} x {name}" for name, count in sorted(counts.items())))


async def _use(server: Any, until: float, wanted: Any, counts: Counter[str]) -> None:
    """One person after another: open the page, do a dozen things, leave."""
    while time.perf_counter() < until:
        client = server.visitor()
        await client.request("GET", "/")
        await client.alive()
        for _ in range(12):
            act = random.choice([_drag, _draw, _upload, _dream, _figure, _compare, _codes])
            status = await act(client, wanted)
            counts[f"{act.__name__.strip('_')} {status}"] += 1
            await asyncio.sleep(random.random())
        client.leave()


def _told(answer: tuple[int, Any]) -> str:
    status, reply = answer
    return "busy" if isinstance(reply, dict) and reply.get("busy") else str(status)


async def _drag(client: Client, wanted: Any) -> str:
    for step in range(30):
        answer = await client.call("stage", "step", wanted(round(0.05 * step, 2)))
    return _told(answer)


async def _draw(client: Client, wanted: Any) -> str:
    ink = np.zeros((112, 112), np.uint8)
    row = random.randrange(20, 70)
    for width in range(8, 60, 4):
        ink[row : row + 9, 20 : 20 + width] = 255
        pixels = base64.b64encode(ink.tobytes()).decode()
        source = {"kind": "drawing", "pixels": pixels, "size": 112, "centre": True}
        answer = await client.call("stage", "step", wanted(0.5, source))
    return _told(answer)


async def _upload(client: Client, wanted: Any) -> str:
    """Upload a picture of a random size and format and have it read."""
    side, kind = random.randrange(30, 2500), random.choice(["PNG", "JPEG", "WEBP"])
    content = io.BytesIO()
    picture = Image.effect_noise((side, side), 20)
    picture.paste(250, (side // 3, side // 4, side // 2, 3 * side // 4))  # a thick one
    picture.save(content, kind)
    edge = f"{random.getrandbits(60):x}"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="files"; '
        f'filename="a.{kind.lower()}"\r\n\r\n'
    )
    body = head.encode() + content.getvalue() + f"\r\n--{edge}--\r\n".encode()
    status, answer = await client.request(
        "POST", "/gradio_api/upload", body, f"multipart/form-data; boundary={edge}"
    )
    if status != 200:
        return str(status)
    file = {"path": json.loads(answer)[0], "meta": {"_type": "gradio.FileData"}}
    return await _event(client, "upload-file", [file, "Automatic", True])


async def _dream(client: Client, wanted: Any) -> str:
    return _told(await client.call("stage", "dream", {"seed": random.randrange(2**31)}))


async def _figure(client: Client, wanted: Any) -> str:
    values = ["s0-rising-noise", "conv-pool", "example", 3, random.randrange(2**31), "", False]
    return await _event(client, "figure-draw", values)


async def _compare(client: Client, wanted: Any) -> str:
    return _told(await client.call("compare", "compare_quick", wanted(random.random())))


async def _codes(client: Client, wanted: Any) -> str:
    return _told(await client.call("codes", "codes", wanted(random.random())))


async def _event(client: Client, element: str, data: list[Any]) -> str:
    """Trigger a queued event and wait for it; return what came of it."""
    joined = await client.event(element, data)
    if joined != "joined":
        return joined
    done = [m async for m in client.messages() if m["msg"] == "process_completed"]
    return "done" if done and done[-1]["success"] else "failed"
