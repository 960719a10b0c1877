"""Turns: round robin, superseded work, refusals."""

import asyncio
import threading
from contextvars import ContextVar

from denoise_demo.hosting import limits
from denoise_demo.hosting.turns import BusyError, Lane, SupersededError
from tests.asynchronous import run_async

WHO = ContextVar("WHO", default="nobody")


class Gate:
    """Occupies a lane's thread until it opens."""

    def __init__(self):
        self._opened = threading.Event()
        self.open = self._opened.set

    def __call__(self):
        assert self._opened.wait(10)
        return "gate"


def lane(threads=1, patience=1e9, most=100):
    return Lane("test", threads, patience, most)


async def settle():
    """Let every task that can go on reach its next wait."""
    for _ in range(20):
        await asyncio.sleep(0)


async def queued(turns, *jobs):
    """Occupy the lane, queue jobs (visitor, work, kind), let them run; return their results."""
    gate = Gate()
    first = asyncio.create_task(turns.run("first", gate))
    await settle()
    tasks = [asyncio.create_task(turns.run(*job)) for job in jobs]
    await settle()
    gate.open()
    assert await first == "gate"
    return await asyncio.gather(*tasks, return_exceptions=True)


def record(order, name):
    return lambda: order.append(name) or name


def test_visitors_take_turns_however_much_one_asks():
    order = []
    many = [("greedy", record(order, f"greedy {i}")) for i in range(4)]

    run_async(queued, lane(), *many, ("modest", record(order, "modest")))

    assert order == ["greedy 0", "modest", "greedy 1", "greedy 2", "greedy 3"]


def test_only_the_newest_request_of_a_kind_is_computed():
    order = []
    drag = [("one", record(order, level), "step") for level in range(5)]

    results = run_async(queued, lane(), *drag)

    assert order == [4]
    assert results[-1] == 4
    assert all(isinstance(result, SupersededError) for result in results[:-1])


def test_requests_supersede_only_their_own_kind_and_visitor():
    order = []
    jobs = [
        ("one", record(order, "step"), "step"),
        ("one", record(order, "codes"), "codes"),
        ("one", record(order, "figure 1"), None),
        ("one", record(order, "figure 2"), None),
        ("two", record(order, "other"), "step"),
    ]

    results = run_async(queued, lane(), *jobs)

    assert results == ["step", "codes", "figure 1", "figure 2", "other"]
    assert sorted(order) == sorted(results)


def test_an_error_reaches_its_own_requester_only():
    def fail():
        raise ValueError("no")

    failed, fine = run_async(queued, lane(), ("one", fail), ("two", lambda: "fine"))

    assert str(failed) == "no"
    assert fine == "fine"


def test_one_visitor_may_not_fill_the_queue():
    jobs = [("one", lambda i=i: i) for i in range(3)]

    *served, refused = run_async(queued, lane(most=2), *jobs)

    assert served == [0, 1]
    assert isinstance(refused, BusyError)
    assert "Wait for them" in str(refused)


def test_no_more_wait_than_the_limit(monkeypatch):
    monkeypatch.setenv("DENOISE_WAITING", "2")
    limits.cache_clear()
    jobs = [(str(i), lambda i=i: i) for i in range(3)]
    try:
        *served, refused = run_async(queued, lane(), *jobs)
    finally:
        limits.cache_clear()

    assert served == [0, 1]
    assert isinstance(refused, BusyError)
    assert refused.retry > 0


def test_who_would_wait_too_long_is_refused_and_who_waits_already_is_not():
    turns = lane(patience=0.05)

    async def crowd():
        await turns.run("first", lambda: threading.Event().wait(0.1))  # a job takes 0.1 s
        return await queued(turns, ("one", lambda: 1), ("two", lambda: 2), ("one", lambda: 3))

    one, two, again = run_async(crowd)

    assert (one, again) == (1, 3)
    assert isinstance(two, BusyError)
    assert "Many people" in str(two)


def test_work_of_someone_who_left_is_not_computed():
    order = []
    turns = lane()

    async def scene():
        gate = Gate()
        first = asyncio.create_task(turns.run("first", gate))
        await settle()
        gone = asyncio.create_task(turns.run("gone", record(order, "gone")))
        await settle()
        gone.cancel()
        await settle()
        assert turns.waiting() == 0
        gate.open()
        await first

    run_async(scene)
    assert order == []


def test_work_runs_in_the_lane_s_threads_with_the_caller_s_context():
    def look():
        return threading.current_thread().name, WHO.get()

    async def ask(name):
        WHO.set(name)
        return await turns.run(name, look)

    async def scene():
        return await asyncio.gather(ask("ann"), ask("ben"))

    turns = lane()
    found = run_async(scene)

    assert [who for _, who in found] == ["ann", "ben"]
    assert all(thread.startswith("test") for thread, _ in found)


def test_as_many_are_computed_at_once_as_there_are_threads():
    turns = lane(threads=2)
    together = threading.Barrier(2, timeout=10)

    async def scene():
        return await asyncio.gather(turns.run("a", together.wait), turns.run("b", together.wait))

    assert sorted(run_async(scene)) == [0, 1]


async def one_alone_then_others(turns):
    gate, order = Gate(), []
    first = asyncio.create_task(turns.run("me", gate, alone=True))
    await settle()
    second = asyncio.create_task(turns.run("me", record(order, "second"), alone=True))
    beside = [turns.run("me", record(order, "live")), turns.run("you", record(order, "you"))]
    await asyncio.gather(*beside)
    gate.open()
    await asyncio.gather(first, second)
    return order


def test_work_that_has_to_be_alone_waits_for_the_visitors_earlier_work_only():
    assert run_async(one_alone_then_others, lane(threads=2)) == ["live", "you", "second"]
