"""Health checks for containers, balancers and monitoring."""

import asyncio

import torch
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from denoise_demo.denoisers import denoising_recipes, load_network
from denoise_demo.hosting import metrics, turns
from denoise_demo.hosting.turns import BusyError
from denoise_demo.networks import get_model

PATIENCE = 5  # seconds


async def _healthz(_: Request) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok\n")


async def _readyz(_: Request) -> Response:
    """Say whether a network answers within PATIENCE, and what computes it."""
    try:
        engine = await asyncio.wait_for(turns.short().run("readyz", _denoise), PATIENCE)
    except (BusyError, asyncio.TimeoutError):
        return PlainTextResponse("busy\n", 503)
    except Exception as error:  # any failure means that it is not ready
        return PlainTextResponse(f"no network answers: {type(error).__name__}\n", 503)
    return PlainTextResponse(f"ready\nengine: {engine}\n")


def _denoise() -> str:
    """Denoise a blank picture by the first network that can be used; return its engine."""
    failure: Exception = LookupError("no network")
    for recipe_id, recipe in denoising_recipes().items():
        try:
            network = load_network(recipe_id)
            network(torch.zeros(1, *get_model(recipe.model).shape))
            return network.engine
        except ValueError as error:
            failure = error
    raise failure


async def _metrics(_: Request) -> Response:
    """Give the counters to Prometheus, where they are kept."""
    if (text := metrics.exposition()) is None:
        return PlainTextResponse("metrics are off: set DENOISE_METRICS=1\n", 404)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


ROUTES = [Route("/healthz", _healthz), Route("/readyz", _readyz), Route("/metrics", _metrics)]
