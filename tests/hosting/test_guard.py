"""The guard: what reaches the app behind it, and the sentences for what does not."""

import asyncio
import json
import time

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from denoise_demo.common import lookup
from denoise_demo.hosting import bodies
from denoise_demo.hosting.guard import Guard, explain, kind_of
from denoise_demo.hosting.limits import Limits

LIVE = "/gradio_api/component_server"
UPLOAD = "/gradio_api/upload"


async def echo(request: Request):
    content = await request.body()
    return JSONResponse({"bytes": len(content), "path": request.url.path})


async def fail(request: Request):
    raise KeyError("/home/someone/secret")


async def stream(request: Request):
    async def forever():
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    return StreamingResponse(forever())


async def repeat(socket: WebSocket):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


@pytest.fixture(autouse=True)
def _no_uploads_before():
    bodies._received.clear()


def client(routes=(), **limits):
    everything = [*routes, Route("/{path:path}", echo, methods=["GET", "POST"])]
    guard = Middleware(Guard, Limits(**limits), "'self'")
    return TestClient(Starlette(routes=everything, middleware=[guard]))


def sentence(answer):
    text = answer.json()["error"]
    assert text == answer.json()["detail"]
    assert text[0].isupper()
    assert text[-1] == "."
    return text


def upload(*files, size=100):
    parts = [("files", (name, b"x" * size, "image/png")) for name in files]
    return client(upload_mb=1).post(UPLOAD, files=parts)


def test_a_request_of_the_page_passes_with_the_headers_for_browsers():
    answer = client().post(LIVE, json={"data": {"level": 0.5}})

    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert "referrer-policy" in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/proxy=https://example.com"),
        ("GET", "/gradio_api/file=https://example.com/a.png"),
        ("GET", "/gradio_api/file=HTTPS:/example.com/a.png"),
        ("POST", "/gradio_api/run/predict"),
        ("POST", "/gradio_api/api/predict"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/dev/reload"),
        ("POST", "/"),
        ("DELETE", LIVE),
        ("GET", "/.env"),
    ],
)
def test_what_the_page_does_not_have_is_not_found(method, path):
    answer = client().request(method, path)

    assert answer.status_code == 404
    assert "nothing at this address" in sentence(answer)


@pytest.mark.parametrize("path", [LIVE, "/gradio_api/queue/join", "/gradio_api/call/denoise"])
@pytest.mark.parametrize("announced", [True, False])
def test_a_large_body_is_refused_before_the_app_sees_it(path, announced):
    body = b'{"data": "' + b"x" * 70_000 + b'"}'

    answer = client().post(
        path, content=body if announced else iter([body[:40_000], body[40_000:]])
    )

    assert answer.status_code == 413
    assert "the limit is 64 kB" in sentence(answer)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "7",
        "{",
        '{"a": ' * 40 + "1" + "}" * 40,
        '{"a":' + "[" * 5_000 + "]" * 5_000 + "}",
        "[" * 30_000,
        '{"a": ' + "9" * 5_000 + "}",
        b"\xff\xfe",
        b'{"a": "\xed\xa0\x80"}',
        r'{"a": "\uD800"}',
    ],
)
def test_what_is_no_plain_json_object_is_refused(body):
    answer = client().post(LIVE, content=body)

    assert answer.status_code == 400
    assert "JSON object" in sentence(answer)


def test_brackets_in_texts_are_not_nesting():
    text = '{"a": "' + '[{\\"' * 1_000 + '"}'

    assert client().post(LIVE, content=text).status_code == 200


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """Gradio's folder, with a file and a link out of it."""
    folder = tmp_path / "gradio"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"x")
    (tmp_path / "b.png").write_bytes(b"x")
    (folder / "link.png").symlink_to(tmp_path / "b.png")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def named(path):
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    return client().post("/gradio_api/queue/join", json={"data": [[{"deep": file}]]})


def test_an_uploaded_file_may_be_named(uploads):
    assert named(str(uploads / "a.png")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "http://example.com/a.png",
        "HTTPS://example.com",
        "https:/x",
        "data:image/png;base64,AAAA",
        "",
        "\0",
        "x" * 10_000,
        "{}",
        "{}/link.png",
        "{}/missing.png",
        "{}/../b.png",
        "/etc/passwd",
    ],
)
def test_a_file_that_was_not_uploaded_is_refused(uploads, path):
    answer = named(path.replace("{}", str(uploads)))

    assert answer.status_code == 400
    assert sentence(answer) == (
        "A file is named that was not uploaded: upload it and give its path."
    )


def test_one_file_passes_and_two_do_not():
    assert upload("a.png").status_code == 200
    assert upload("a.png", "b.png").status_code == 413
    assert "one file" in sentence(upload("a.png", "b.png"))


def test_a_large_upload_is_refused():
    assert upload("a.png", size=1_000_000).status_code == 200
    assert "the limit is 1 MB" in sentence(upload("a.png", size=1_100_000))


def test_the_parts_of_an_upload_are_counted_across_chunks():
    edge = b"--edge"
    body = edge + b"\r\n\r\nx\r\n" + edge + b"\r\n\r\ny\r\n" + edge + b"--"

    for size in range(1, 9):
        chunks = [body[start : start + size] for start in range(0, len(body), size)]
        with pytest.raises(bodies.Refusal, match="one file"):
            list(map(bodies._Counter(edge, 1000).see, chunks))


def test_the_uploads_of_an_hour_are_bounded():
    ours = client(upload_mb=1)
    answers = [
        ours.post(UPLOAD, files={"files": ("a.png", b"x" * 999_000, "image/png")})
        for _ in range(bodies.HOURLY + 1)
    ]

    assert [answer.status_code for answer in answers[:-1]] == [200] * bodies.HOURLY
    assert answers[-1].status_code == 429
    assert "in the last hour" in sentence(answers[-1])


def test_an_upload_that_is_no_form_is_refused():
    assert client().post(UPLOAD, content=b"x").status_code == 400


def test_too_many_requests_of_one_address_are_refused_for_a_moment():
    ours = client(rate=5)
    answers = [ours.get("/config") for _ in range(30)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert 15 <= len(refused) <= 20
    assert refused[0].headers["retry-after"] == "1"
    assert "Too many requests" in sentence(refused[0])
    assert ours.get("/healthz").status_code == 200


def test_addresses_have_rates_of_their_own_and_few_are_remembered(monkeypatch):
    monkeypatch.setattr("denoise_demo.hosting.guard.ADDRESSES", 3)
    guard = Guard(echo, Limits(rate=1), "")

    for address in "abcdefgh":
        guard._count(address)
        guard._count(address)

    assert list(guard._buckets) == ["f", "g", "h"]


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("http://localhost:7860", "localhost:7860", 200),
        ("http://evil.example", "localhost:7860", 403),
        ("http://localhost:1234", "localhost:7860", 403),
        ("null", "127.0.0.1:7860", 403),
        ("https://school.example", "me-denoise.hf.space", 200),
    ],
)
def test_other_sites_cannot_use_a_page_on_the_visitors_own_computer(origin, host, status):
    answer = client().post(LIVE, json={}, headers={"Origin": origin, "Host": host})

    assert answer.status_code == status


def test_a_request_that_gradio_cannot_take_is_a_sentence_without_details():
    routes = [Route(LIVE, fail, methods=["POST"])]

    answer = client(routes).post(LIVE, json={})

    assert answer.status_code == 400
    assert "secret" not in answer.text
    assert "not as expected" in sentence(answer)


@pytest.mark.parametrize(
    ("work", "error", "status"),
    [
        (lambda: json.loads("{"), ValueError, 400),
        (lambda: bodies._depth(None), TypeError, 400),  # the guard's own frames do not count
        (lambda: lookup(None, "a", "thing"), TypeError, 500),
        (lambda: next(iter([])), StopIteration, 500),
    ],
)
def test_a_mistake_of_ours_is_said_to_be_one(work, error, status):
    with pytest.raises(error) as caught:
        work()

    assert explain(caught.value).status == status


def test_a_fault_that_gradio_leaves_unsaid_in_a_stream_gets_a_sentence():
    async def failed(_: Request):
        return StreamingResponse(
            iter(['data: {"msg":"process_completed","output":{"error":null}}'])
        )

    answer = client([Route("/gradio_api/queue/data", failed)]).get("/gradio_api/queue/data")

    message = json.loads(answer.text.removeprefix("data: "))
    assert message["output"]["error"].endswith("check it.")


def test_only_so_many_streams_are_open(monkeypatch):
    monkeypatch.setattr("denoise_demo.hosting.guard.STREAMS", 0)
    heartbeat = "/gradio_api/heartbeat/abc"

    answer = client().get(heartbeat)

    assert answer.status_code == 503
    assert "Too many pages" in sentence(answer)


def test_a_long_visit_ends():
    ours = client([Route("/gradio_api/heartbeat/{name}", stream)], session_minutes=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("denoise_demo.hosting.guard.MINUTE", 0.1)
        answer = ours.get("/gradio_api/heartbeat/abc")

    assert set(answer.content) == {ord("x")}


def test_a_prefix_is_not_part_of_the_route():
    scope = {"method": "GET", "path": "/lab/config", "root_path": "/lab"}

    assert kind_of(scope) == "page"
    assert kind_of(scope | {"root_path": ""}) == ""


def socket(path="/live", headers=(), **limits):
    routes = [WebSocketRoute("/live", repeat), WebSocketRoute("/other", repeat)]
    return client(routes, **limits).websocket_connect(path, headers=dict(headers))


def test_messages_of_the_pages_websocket_pass():
    with socket() as line:
        line.send_text("one")
        assert line.receive_text() == "one"


def test_a_websocket_at_another_address_is_refused():
    with pytest.raises(WebSocketDisconnect), socket("/other"):
        pass


def test_other_sites_open_no_websocket_to_the_visitors_own_computer():
    foreign = {"origin": "https://example.org", "host": "127.0.0.1:7860"}

    with pytest.raises(WebSocketDisconnect), socket(headers=foreign):
        pass
    with socket(headers={**foreign, "origin": "http://127.0.0.1:7860"}):
        pass


def test_messages_wait_where_they_come_faster_than_the_rate():
    with socket(rate=20) as line:
        started = time.monotonic()
        for _ in range(45):  # 40 at once, then 20 a second
            line.send_text("one")
            line.receive_text()

    assert 0.2 < time.monotonic() - started < 5


def test_only_so_many_websockets_are_open(monkeypatch):
    monkeypatch.setattr("denoise_demo.hosting.guard.STREAMS", 1)
    routes = [WebSocketRoute("/live", repeat)]
    app = client(routes, sessions=1)

    with (
        app.websocket_connect("/live"),
        pytest.raises(WebSocketDisconnect),
        app.websocket_connect("/live"),
    ):
        pass


def test_the_page_comes_compressed_and_live_answers_do_not():
    long = Route("/{path:path}", lambda _: JSONResponse(["text"] * 1_000), methods=["GET", "POST"])
    app = client([long])

    assert app.get("/config").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in app.post(LIVE, json={}).headers
