"""Connections: those without a request are closed, others are not, and files are enough."""

import resource
import socket
import subprocess
import sys
import threading

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from denoise_demo.hosting import connections

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def address(monkeypatch):
    """The address of a small guarded server whose requests take longer than the patience."""
    monkeypatch.setattr(connections, "PATIENCE", 0.3)
    going = threading.Event()

    def slow(_):
        going.wait(0.6)
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/", slow)])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(app, log_level="error", http="h11", timeout_keep_alive=5)
        config.load()
        server = uvicorn.Server(config)
        connections.guard_connections(server)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


def answer_to(address, *parts):
    """Send parts of requests, waiting for the answer to each whole one; return all that came."""
    with socket.create_connection(address, timeout=1.5) as connection:
        received = b""
        for part in parts:
            connection.sendall(part)
            while part == GET and not received.endswith(b"done"):
                received += connection.recv(65536)
        try:
            return received + (connection.recv(65536) or b" (closed)")
        except TimeoutError:
            return received + b" (open)"


@pytest.mark.parametrize("parts", [[], [b"GET"], [b"GET / HTTP/1.1\r\nHost: a\r\n"]])
def test_a_connection_without_a_request_is_closed(address, parts):
    assert answer_to(address, *parts) == b" (closed)"


def test_a_request_may_take_longer_and_its_connection_stays(address):
    answer = answer_to(address, GET)

    assert b"200 OK" in answer
    assert answer.endswith(b"done (open)")


def test_a_second_request_must_arrive_in_time_too(address):
    answer = answer_to(address, GET, b"GET / HTTP")

    assert answer.endswith(b"done (closed)")


def test_the_limit_of_open_files_is_raised():
    code = (
        "import resource; from denoise_demo.hosting.connections import _raise_open_files as r;"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1];"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (300, min(hard, 4000)));"
        "print(r(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert result.stdout.split() == [str(min(hard, 4000))] * 2
