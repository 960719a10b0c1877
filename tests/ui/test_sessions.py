"""Visitors' state is forgotten after they left, and not before."""

import asyncio
import datetime
from types import SimpleNamespace

import gradio as gr
import pytest

from denoise_demo.ui.web import sessions
from tests.asynchronous import run_async


@pytest.fixture
def page(monkeypatch):
    """A page with two visitors, its state and the handler of a visitor who leaves."""
    monkeypatch.setattr(sessions, "GRACE", 0.05)
    with gr.Blocks() as demo:
        sessions.forget_visitors(demo)
    now = datetime.datetime.now()
    holder = SimpleNamespace(
        session_data={"gone": 1, "here": 2}, time_last_used={"gone": now, "here": now}
    )
    demo.app = SimpleNamespace(state_holder=holder)
    (leave,) = (fn.fn for fn in demo.fns.values() if ("unload" in {t[1] for t in fn.targets}))
    return holder, leave


def visitor(name):
    return SimpleNamespace(session_hash=name)


def leaves(leave, name, meanwhile=lambda: None):
    async def scene():
        await leave(SimpleNamespace(session_hash=name))
        meanwhile()
        await asyncio.sleep(3 * sessions.GRACE)

    run_async(scene)


def test_the_state_of_a_visitor_who_left_is_forgotten(page):
    holder, leave = page

    leaves(leave, "gone")

    assert set(holder.session_data) == set(holder.time_last_used) == {"here"}


def test_a_visitor_who_comes_back_keeps_the_state(page):
    holder, leave = page

    def come_back():
        assert "gone" in holder.session_data  # the event itself does not wait
        holder.time_last_used["gone"] = datetime.datetime.now() + datetime.timedelta(seconds=1)

    leaves(leave, "gone", come_back)

    assert set(holder.session_data) == {"gone", "here"}


def test_an_unknown_visitor_is_no_error(page):
    holder, leave = page

    leaves(leave, "nobody")

    assert set(holder.session_data) == {"gone", "here"}
