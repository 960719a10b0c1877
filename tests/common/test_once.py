"""Results that are computed once, and failures that are remembered for a while."""

import threading

import pytest

from denoise_demo.common import once
from denoise_demo.common.once import REMEMBERED


def together(count, call):
    """Call in several threads that start at the same time; return what they return."""
    start, results = threading.Barrier(count), []

    def work():
        start.wait(timeout=10)
        results.append(call())

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_several_threads_wait_for_one_computation():
    calls, started, go_on = [], threading.Event(), threading.Event()

    @once
    def work(number):
        calls.append(number)
        started.set()
        go_on.wait(timeout=10)
        return [number]

    first = threading.Thread(target=work, args=(1,))
    first.start()
    started.wait(timeout=10)
    threading.Timer(0.05, go_on.set).start()
    results = together(8, lambda: work(1))
    first.join()

    assert calls == [1]
    assert all(result is results[0] for result in results)


def test_arguments_are_kept_apart():
    @once
    def work(number, *, doubled=False):
        return 2 * number if doubled else number

    assert [work(1), work(2), work(2, doubled=True), work(2)] == [1, 2, 4, 2]


def test_a_failure_is_remembered_for_a_while(monkeypatch):
    now, calls = [0.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    @once
    def work():
        calls.append(now[0])
        if len(calls) < 3:
            raise ValueError(f"failure {len(calls)}")
        return "done"

    for _ in range(5):
        with pytest.raises(ValueError, match="failure 1"):
            work()
    now[0] = REMEMBERED + 1.0
    for _ in range(5):
        with pytest.raises(ValueError, match="failure 2"):
            work()
    now[0] *= 2.1

    assert [work(), work()] == ["done", "done"]
    assert len(calls) == 3


def test_other_errors_are_not_remembered_and_everything_can_be_forgotten():
    calls = []

    @once
    def work():
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return len(calls)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert [work(), work()] == [2, 2]
    work.cache_clear()
    assert work() == 3
