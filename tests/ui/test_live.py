"""The page's WebSocket: messages of strangers, and pages to which a proxy allows none."""

import json
import threading

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from denoise_demo.hosting import Lane
from denoise_demo.ui.web.server import answered, live_route, pack, served
from tests.ui.conftest import DESKTOP, TIMEOUT
from tests.ui.driving import DRAG, repaints, shows

GATE = threading.Event()
LANE = Lane("test", 1, 1e9, 100)


def double(request):
    return answered(lambda values: {"pixels": 2 * values["pixels"].encode(), "n": 1.5}, request)


def wait(request):
    GATE.wait(10)
    return {"request": request}


def refuse(request):
    def work(_):
        raise ValueError("choose another value")

    return answered(work, request)


@pytest.fixture(scope="module")
def client():
    functions = [served(work, lambda: LANE) for work in (double, wait, refuse)]
    with gr.Blocks() as page:
        gr.HTML("", server_functions=functions)
    with TestClient(Starlette(routes=[live_route(page)])) as client:
        yield client


@pytest.fixture
def socket(client):
    with client.websocket_connect("/live") as socket:
        yield socket


def send(socket, call, request=None, number=7):
    socket.send_text(json.dumps({"id": number, "call": call, "request": request}))


def receive(socket):
    """Return the answer's id, reply and bytes."""
    data = socket.receive_bytes()
    end = 4 + int.from_bytes(data[:4], "little")
    answer = json.loads(data[4:end])
    return answer["id"], answer["reply"], data[end:]


def test_bytes_follow_the_text_of_an_answer():
    data = pack({"one": b"abc", "more": [{"two": b""}, {"three": b"de"}]})

    text = b'{"one":{"bytes":[0,3]},"more":[{"two":{"bytes":[3,3]}},{"three":{"bytes":[3,5]}}]}'
    assert data == len(text).to_bytes(4, "little") + text + b"abcde"


def test_a_function_of_the_page_is_called(socket):
    send(socket, "double", {"pixels": "ab"})

    number, reply, pixels = receive(socket)
    assert (number, pixels, reply["pixels"], reply["n"]) == (7, b"abab", {"bytes": [0, 4]}, 1.5)
    assert reply["milliseconds"] >= 0
    assert reply["waited"] >= 0


def test_a_wrong_value_is_answered_in_a_sentence(socket):
    send(socket, "refuse")

    assert receive(socket)[1]["error"] == "choose another value"


def test_newer_requests_supersede_waiting_ones(socket):
    GATE.clear()
    for number in range(4):
        send(socket, "wait", number, number)
    threading.Timer(0.3, GATE.set).start()

    replies = dict(receive(socket)[:2] for _ in range(4))

    assert replies[0]["request"] == 0
    assert replies[3]["request"] == 3
    assert replies[1] == replies[2] == {"superseded": True}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('{"id": 1, "call": "open", "request": {}}', "no such function"),
        ('{"id": 1, "call": ["double"]}', "no such function"),
        ('{"call": "double", "request": {"path": "/etc/passwd"}}', "not uploaded"),
        ('{"id": ' * 50 + "1" + "}" * 50, "too deep"),
    ],
)
def test_nonsense_is_answered_in_a_sentence_and_the_line_stays_open(socket, text, sentence):
    socket.send_text(text)
    assert sentence in receive(socket)[1]["error"]

    send(socket, "double", {"pixels": "ab"})
    assert receive(socket)[2] == b"abab"


def test_a_binary_message_closes_the_line(socket):
    socket.send_bytes(b"\0\1")

    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_bytes()
    assert closed.value.code == 1003


@pytest.mark.ui
@pytest.mark.parametrize("allowed", [True, False], ids=["socket", "no socket"])
def test_the_stage_is_live_with_and_without_a_websocket(browser, app, allowed):
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    calls, sockets = [], []
    page.on("request", lambda request: calls.append("component_server" in request.url))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    if not allowed:
        page.route_web_socket("**/live", lambda socket: socket.close())
    page.goto(app)
    page.wait_for_selector("#stage[data-paints]")
    calls.clear()

    before = int(page.locator("#stage").get_attribute("data-paints"))
    page.evaluate(DRAG, ["noise-level", [0.3, 0.5, 0.7], 60])

    repaints(page, before)
    shows(page, level="0.7")
    assert any(calls) != allowed
    context.close()
