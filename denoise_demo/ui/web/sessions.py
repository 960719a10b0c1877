"""What Gradio keeps for each visitor: a third of a megabyte, for as long as the server runs."""

import asyncio
import datetime

import gradio as gr

from denoise_demo.hosting import held, return_free_memory

GRACE = 300.0  # seconds in which a page that lost its connection may come back


def forget_visitors(demo: gr.Blocks) -> None:
    """Forget what Gradio keeps for a visitor some time after the page was closed."""

    def forget(session: str, closed: datetime.datetime) -> None:
        holder = demo.app.state_holder
        last = holder.time_last_used.get(session)
        if last is None or last <= closed:
            holder.session_data.pop(session, None)
            holder.time_last_used.pop(session, None)
        return_free_memory()

    # A timer, since a client could fill the queue with events that wait.
    async def schedule(request: gr.Request) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(held.GRACE, held.forget, str(request.session_hash))
        loop.call_later(GRACE, forget, str(request.session_hash), datetime.datetime.now())

    demo.unload(schedule)
