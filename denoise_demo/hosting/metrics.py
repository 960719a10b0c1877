"""Counters for Prometheus, kept only where DENOISE_METRICS=1."""

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds


class _Counters:
    """The counters, in a registry of their own."""

    def __init__(self) -> None:
        import prometheus_client as prometheus  # noqa: PLC0415 - only where it is wanted

        self.registry: CollectorRegistry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self.registry)
        requests = ("denoise_requests", "Requests by kind of route and status.")
        self.requests: Counter = prometheus.Counter(
            *requests, ["kind", "status"], registry=self.registry
        )
        seconds = ("denoise_request_seconds", "Time until a request was answered.")
        self.seconds: Histogram = prometheus.Histogram(
            *seconds, ["kind"], registry=self.registry, buckets=BUCKETS
        )
        drops = ("denoise_drops", "Live requests that were not computed, by reason.")
        self.drops: Counter = prometheus.Counter(*drops, ["reason"], registry=self.registry)


@cache
def _counters() -> _Counters | None:
    return _Counters() if os.environ.get("DENOISE_METRICS") == "1" else None


def observe_request(kind: str, status: int, seconds: float) -> None:
    """Count a request and, unless it is a stream, its time."""
    if counters := _counters():
        counters.requests.labels(kind or "unknown", str(status)).inc()
        if kind != "stream":
            counters.seconds.labels(kind or "unknown").observe(seconds)


def count_drop(reason: str) -> None:
    """Count a live request that was "busy" or "superseded"."""
    if counters := _counters():
        counters.drops.labels(reason).inc()


def exposition() -> bytes | None:
    """Return all values in Prometheus' text format, or None where none are kept."""
    if (counters := _counters()) is None:
        return None
    from prometheus_client import generate_latest  # noqa: PLC0415

    return bytes(generate_latest(counters.registry))
