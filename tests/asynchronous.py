"""Run coroutines in tests."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_async(function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """Return what an asynchronous function returns.

    It gets a thread of its own: Playwright's event loop stays in the main one after its first use.
    """

    async def call() -> Any:
        return await function(*arguments)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, call()).result()
