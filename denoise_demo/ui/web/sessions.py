"""What Gradio keeps for each visitor: a third of a megabyte, for as long as the server runs."""

import asyncio
import datetime

import gradio as gr

GRACE = 300.0  # seconds in which a page that lost its connection may come back


def forget_visitors(demo: gr.Blocks) -> None:
    """Forget what Gradio keeps for a visitor some time after the page was closed."""

    async def forget(request: gr.Request) -> None:
        closed, session = datetime.datetime.now(), request.session_hash
        await asyncio.sleep(GRACE)
        holder = demo.app.state_holder
        last = holder.time_last_used.get(session)
        if last is None or last <= closed:
            holder.session_data.pop(session, None)
            holder.time_last_used.pop(session, None)

    demo.unload(forget)
