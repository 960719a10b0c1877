"""Health checks and metrics."""

from importlib.metadata import version

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from denoise_demo.hosting import health, metrics
from denoise_demo.hosting.metrics import count_drop, observe_request


@pytest.fixture
def counters(monkeypatch):
    """Metrics that are kept for this test."""
    monkeypatch.setenv("DENOISE_METRICS", "1")
    metrics._counters.cache_clear()
    yield
    metrics._counters.cache_clear()


def get(path):
    return TestClient(Starlette(routes=health.ROUTES)).get(path)


def test_the_process_is_alive():
    assert (get("/healthz").status_code, get("/healthz").text) == (200, "ok\n")


def test_it_is_ready_when_a_network_answers():
    answer = get("/readyz")

    assert answer.status_code == 200
    assert answer.text == f"ready\nengine: PyTorch {version('torch')}\n"


def test_it_is_not_ready_without_any_network(monkeypatch, tmp_path):
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(tmp_path))

    answer = get("/readyz")

    assert answer.status_code == 503
    assert answer.text == "no network answers: CheckpointError\n"


def test_metrics_are_off_by_default(monkeypatch):
    monkeypatch.delenv("DENOISE_METRICS", raising=False)
    metrics._counters.cache_clear()

    assert get("/metrics").status_code == 404
    assert "DENOISE_METRICS=1" in get("/metrics").text


def test_metrics_count_requests_their_time_and_what_was_not_computed(counters):
    observe_request("live", 200, 0.02)
    observe_request("live", 200, 0.3)
    observe_request("stream", 200, 50)
    observe_request("", 404, 0.001)
    count_drop("busy")

    text = get("/metrics").text

    assert 'denoise_requests_total{kind="live",status="200"} 2.0' in text
    assert 'denoise_requests_total{kind="unknown",status="404"} 1.0' in text
    assert 'denoise_request_seconds_bucket{kind="live",le="0.025"} 1.0' in text
    assert 'denoise_request_seconds_count{kind="stream"}' not in text
    assert 'denoise_drops_total{reason="busy"} 1.0' in text
    assert "process_resident_memory_bytes" in text
