"""The server killed, hung or restarted while people use the page: nothing is lost."""

import re
import signal
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.ui.conftest import DESKTOP, TIMEOUT, free_port, start_app
from tests.ui.driving import DRAG, draw, open_tab, paints, repaints, shows

pytestmark = [pytest.mark.ui, pytest.mark.slow]
RETURN = 5  # seconds in which the page comes back by itself
AWAY = re.compile("does not answer")
INK = """
() => {
  const pad = document.querySelector("#stage .pad");
  const { data } = pad.getContext("2d").getImageData(0, 0, pad.width, pad.height);
  return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3]);
}
"""


class Server:
    """The app at one port, which can be killed, stopped and started again."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.start()

    def start(self):
        environment = {"GRADIO_SERVER_PORT": str(self.port)}
        self.process, self.url = start_app(self.folder, **environment)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that every test leaves running."""
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.kill()


@pytest.fixture
def page(server, browser):
    """The page of this server; its console reports the outage, so it is not watched."""
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector("#stage[data-paints]")
    yield page
    context.close()


def message(page):
    return page.locator("#stage .message")


def drag(page, *levels):
    page.evaluate(DRAG, ["noise-level", levels, 60])


def drawn(page):
    """Draw a figure of two strokes at a level of its own."""
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.2))
    page.mouse.up()
    draw(page, (0.7, 0.2), (0.4, 0.8))
    page.mouse.up()
    drag(page, 1.3)
    shows(page, level="1.3")
    return pad(page)


def pad(page):
    """Where there is ink on the pad."""
    return np.array(page.evaluate(INK)) > 127


def is_like(one, other):
    """Whether two drawings are the same but for the soft edges of their strokes."""
    return (one != other).mean() < 0.002


def test_a_killed_server_is_said_and_its_return_shows_the_last_value(page, server):
    before = drawn(page)

    server.kill()
    drag(page, 0.4, 0.6, 0.7)
    expect(message(page)).to_have_text(AWAY)
    server.start()
    back = time.monotonic()
    shows(page, level="0.7")

    assert time.monotonic() - back < RETURN
    expect(message(page)).to_be_hidden()
    assert is_like(pad(page), before)
    page.click("#stage [data-action=undo]")
    assert not is_like(pad(page), before)


def test_a_queued_event_lost_in_an_outage_loses_nothing_else(page, server):
    before = drawn(page)

    server.kill()
    page.locator("#domain").get_by_label("Faces").check()
    expect(page.get_by_text("Connection to the server was lost")).to_be_visible()
    server.start()
    back = time.monotonic()
    page.wait_for_function("() => performance.getEntriesByType('navigation')[0].type === 'reload'")
    page.wait_for_selector("#stage[data-paints]")
    shows(page, level="1.3")

    assert time.monotonic() - back < 2 * RETURN
    assert is_like(pad(page), before)
    expect(page.locator("#domain").get_by_label("Digits")).to_be_checked()
    page.click("#stage [data-action=undo]")
    assert not is_like(pad(page), before)
    page.locator("#domain").get_by_label("Faces").check()
    shows(page, recipe="blind-faces")


def test_a_hung_server_is_said_and_goes_on(page, server):
    server.process.send_signal(signal.SIGSTOP)
    drag(page, 0.4, 0.6)
    expect(message(page)).to_have_text(re.compile("has not answered for some seconds"))
    before = paints(page)
    server.process.send_signal(signal.SIGCONT)

    repaints(page, before)
    shows(page, level="0.6")
    expect(message(page)).to_be_hidden()


def test_a_busy_server_is_asked_again_when_it_says(page):
    answers = [{"error": "Many people are here. Trying again…", "busy": True, "retry": 300}] * 3

    def refuse(route):
        return route.fulfill(json=answers.pop()) if answers else route.fallback()

    page.route_web_socket("**/live", lambda socket: socket.close())
    page.reload()
    page.wait_for_selector("#stage[data-paints]")
    page.route("**/component_server/", refuse)
    drag(page, 0.4)

    expect(message(page)).to_have_text(re.compile("Many people are here"))
    shows(page, level="0.4")
    expect(message(page)).to_be_hidden()
    assert not answers


def test_a_reload_keeps_the_drawing_and_reset_forgets_it(page):
    before = drawn(page)

    page.reload()
    page.wait_for_selector("#stage[data-paints]")
    shows(page, level="1.3")
    assert is_like(pad(page), before)
    page.click("#reset")
    shows(page, level="0.8")
    page.reload()
    page.wait_for_selector("#stage[data-paints]")

    open_tab(page, "Draw")
    expect(page.locator("#stage .invite")).to_be_visible()


def test_a_link_in_the_same_tab_wins_over_what_was_kept(page, server):
    drawn(page)

    page.goto(f"{server.url}?picture=example:5&level=0.2")
    page.wait_for_selector("#stage[data-paints]")

    shows(page, level="0.2")
    open_tab(page, "Draw")
    expect(page.locator("#stage .invite")).to_be_visible()
