"""Nonsense on every route: a sentence, never a fault, a path or a hang; SECURITY.md's promise."""

import json
import re
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ui.conftest import start_app

PATIENCE = 5  # seconds
LONG = 60  # for an event, which may be a figure
JSON = {"Content-Type": "application/json"}  # otherwise the body is not looked at
TOO_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
LEAKS = re.compile(r"Traceback|0x[0-9a-f]{8}|/(?:home|root|usr|tmp|work|opt|var)/|site-packages")
STEP = {
    "source": {"kind": "example", "index": 3},
    "kind": "uniform",
    "level": 0.5,
    "blur_sigma": 0.5,
    "denoiser": "conv-pool",
    "seed": 0,
}
PHOTO = {
    "photo": "wren",
    "kind": "gaussian",
    "level": 0.1,
    "blur_sigma": 0.0,
    "denoiser": "bilateral",
    "seed": 0,
    "already": False,
    "strength": 1.0,
}
LESSON = {
    "recipe": "dense-64",
    "data": "strokes",
    "kind": "gaussian",
    "low": 0.3,
    "high": 0.5,
    "network": "dense",
    "size": 8,
    "loss": "mse",
    "rate": 0.001,
    "epochs": 1,
    "seed": 0,
}
CALLS = {
    ("stage", "step"): STEP,
    ("stage", "dream"): {"seed": 1},
    ("compare", "compare_quick"): STEP,
    ("compare", "compare_slow"): STEP,
    ("codes", "codes"): STEP,
    ("codes", "decode"): {"network": "dense-2", "code": [0.0, 1.0]},
    ("photos", "open_photo"): {"name": "", "path": "/etc/hostname"},
    ("photos", "show_window"): PHOTO | {"left": 0, "top": 0, "fine": True},
    ("photos", "clean_tile"): PHOTO | {"index": 0},
    ("photos", "save_photo"): PHOTO | {"format": "png"},
    ("learn", "train"): LESSON,
    ("learn", "watch"): {"lesson": "none", "since": 0},
    ("learn", "steer"): {"lesson": "none", "action": "stop"},
    ("learn", "pack"): {"lesson": "none"},
}
LINKED = ["picture", "level", "noise", "show", "seed", "blur", "denoiser", "figure", "lines"]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["\ud800", "../../etc/passwd", "http://example.com/a", "9" * 400, "<script>"]),
    st.just({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}),
    st.just({"__type__": "update"}),
    st.just([[[[[[]]]]]]),
)


@st.composite
def mutated(draw, value):
    """A JSON value in which something has been replaced, removed or added."""
    if draw(st.integers(0, 3)) == 0 or not isinstance(value, dict | list) or not value:
        return draw(ODD)
    if isinstance(value, list):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(mutated(value[place])), *value[place + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    match draw(st.sampled_from(["change", "remove", "add"])):
        case "change":
            return value | {key: draw(mutated(value[key]))}
        case "remove":
            return {name: kept for name, kept in value.items() if name != key}
    return value | {draw(st.text(max_size=8)): draw(ODD)}


class Page:
    """The running page, its components and events."""

    def __init__(self, url, kept):
        self.kept = str(kept)  # Gradio's folder, by whose paths clients name their files
        self.client = httpx.Client(base_url=url, timeout=PATIENCE)
        config = self.client.get("config").json()
        self.ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        parts = {part["id"]: part["props"] for part in config["components"]}
        self.functions = {
            (props["elem_id"], function)
            for props in parts.values()
            for function in props.get("server_fns") or ()
        }
        (self.asking,) = (
            entry["id"]
            for entry in config["dependencies"]
            if [self.ids["state"], "ask"] in entry["targets"]
        )
        self.events = [
            (entry["id"], [parts[name].get("value") for name in entry["inputs"]])
            for entry in config["dependencies"]
            if entry["queue"] and entry.get("api_name") != "get_mnist"
        ]

    def post(self, path, values):
        content = json.dumps(values).encode("utf-8", "replace")
        return self.client.post(path, content=content, headers=JSON)

    def start_training(self):
        """Have the first optimiser made: PyTorch imports its compiler for it, 3 s of one core."""
        call = {"data": LESSON, "component_id": self.ids["learn"], "fn_name": "train"}
        content = call | {"session_hash": "fuzz"}
        self.client.post("gradio_api/component_server", json=content, timeout=LONG)

    def check(self, answer):
        """Fail unless the answer is fine, or refuses in a sentence; it holds no details."""
        text = re.sub(rf"{re.escape(self.kept)}[\w./%-]*", "", answer.text)
        assert not LEAKS.search(text), text[:500]
        assert answer.status_code < 500 or answer.status_code == 503, text[:500]
        if answer.status_code >= 400:
            detail = answer.json().get("detail") or answer.json().get("error")
            assert isinstance(detail, str), text[:500]
            assert detail.endswith("."), detail
        return answer

    def check_event(self, event, data, session):
        """Trigger an event and check all its messages."""
        values = {"fn_index": event, "data": data, "session_hash": session}
        joined = self.check(self.post("gradio_api/queue/join", values))
        if joined.status_code != 200:
            return
        params = {"session_hash": session}
        done = self.client.get("gradio_api/queue/data", params=params, timeout=LONG)
        for line in self.check(done).text.splitlines():
            message = json.loads(line.removeprefix("data: ")) if line else {}
            assert message.get("msg") != "unexpected_error", message
            if message.get("success") is False:
                assert message["output"]["error"], message


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    process, url = start_app(folder, DENOISE_RATE="100000")
    page = Page(url, folder / "gradio")
    page.start_training()
    yield page
    process.terminate()
    process.wait()


def a_server_function(page):
    def envelope(call):
        (element, function), data = call
        return {
            "data": data,
            "component_id": page.ids[element],
            "fn_name": function,
            "session_hash": "fuzz",
        }

    calls = st.sampled_from(sorted(CALLS))
    return calls.flatmap(lambda c: st.tuples(st.just(c), mutated(CALLS[c]))).map(envelope)


def an_envelope(page):
    stage = page.ids["stage"]
    return mutated({"data": STEP, "component_id": stage, "fn_name": "step", "session_hash": "fuzz"})


def check_server_function(page, values):
    answer = page.check(page.post("gradio_api/component_server", values))
    if answer.status_code == 200 and isinstance(answer.json(), dict):
        assert answer.json().get("error", "said")


def an_event(page):
    events = st.sampled_from(page.events)
    return events.flatmap(lambda e: st.tuples(st.just(e[0]), mutated(e[1]), st.integers(0, 9)))


def check_event(page, values):
    event, data, session = values
    page.check_event(event, data, f"fuzz-{session}")


def an_api_call(page):
    return mutated({"data": [[[0.0] * 28] * 28, "blind-digits", "uniform", 0.5, 0.0, 0]})


def check_api_call(page, values):
    answer = page.check(page.post("gradio_api/call/denoise", values))
    if answer.status_code == 200:
        page.check(page.client.get(f"gradio_api/call/denoise/{answer.json()['event_id']}"))


def a_link(page):
    return st.dictionaries(st.sampled_from(LINKED), st.text(max_size=20))


def check_link(page, query):
    asked = {"action": "link", "value": query, "revision": 1, "shown": "stage"}
    page.check_event(page.asking, [json.dumps(asked | {"any_network": False})], "fuzz-link")


def a_body(page):
    return st.binary(max_size=400)


def check_body(page, content):
    for path in ("upload", "queue/join", "component_server", "call/denoise", "cancel", "reset"):
        page.check(page.client.post(f"gradio_api/{path}", content=content))
    page.check(page.client.post("gradio_api/upload", files={"files": ("a.png", content)}))


def a_path(page):
    return st.text(max_size=60)


def check_path(page, path):
    for name in (path, f"../../{path}", f"/etc/{path}", f"/proc/self/{path}"):
        quoted = quote(name.encode("utf-8", "replace"))
        answer = page.client.get(f"gradio_api/file={quoted}")
        assert answer.status_code >= 400 or not answer.content


CHECKS = {  # payloads, what is checked, how many by default and under `slow`
    "server functions": (a_server_function, check_server_function, 40, 2000),
    "envelopes": (an_envelope, check_server_function, 20, 1000),
    "events": (an_event, check_event, 15, 1000),
    "api": (an_api_call, check_api_call, 10, 400),
    "links": (a_link, check_link, 10, 300),
    "bodies": (a_body, check_body, 10, 200),
    "paths": (a_path, check_path, 10, 100),
}


def fuzz(page, payloads, check, examples):
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=TOO_SLOW)
    @given(payloads(page))
    def all_are_answered(payload):
        check(page, payload)

    all_are_answered()


def test_nonsense_goes_to_every_function(page):
    assert page.functions == set(CALLS)


@pytest.mark.parametrize("component", [False, 0, -1, 10**9])
def test_a_component_that_is_not_there_is_no_fault_of_the_server(page, component):
    call = {"data": STEP, "component_id": component, "fn_name": "step", "session_hash": "fuzz"}

    answer = page.check(page.post("gradio_api/component_server", call))

    assert answer.status_code == 400


@pytest.mark.parametrize("name", CHECKS)
def test_nonsense_is_answered_in_a_sentence(page, name):
    payloads, check, few, _ = CHECKS[name]

    fuzz(page, payloads, check, few)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_much_nonsense_is_answered_in_a_sentence(page, name):
    payloads, check, _, many = CHECKS[name]

    fuzz(page, payloads, check, many)
