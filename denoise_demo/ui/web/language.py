"""The page in the browser's language.

A catalogue, `ui/languages/CODE.json`, has English texts as keys; `{name}` stands for a value and
`{NAME}` for one without spaces. What Gradio is told about its components is translated here, the
first page and each later update; what the page's scripts write, and errors, by language.js.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import gradio as gr
from gradio.blocks import BlockFunction
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from denoise_demo.common import JsonObject

ENGLISH = "en"
_FILES = sorted(Path(__file__).parents[1].joinpath("languages").glob("*.json"))
CATALOGUES: dict[str, dict[str, str]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in _FILES
}
WORDS = {"label", "info", "placeholder", "title", "alt_text"}  # properties for people to read
WRITTEN = {"markdown", "button", "downloadbutton", "uploadbutton"}  # so is the value of these
_VALUE = re.compile(r"(?<![\w^])\{(\w+)\}")  # not an argument of LaTeX
# Where a text may be taken apart, the strongest joint first.
SENTENCES = re.compile(r"((?:(?<=[.!?])|(?<=[.!?]\*\*)) )(?=\S)")
_JOINTS = [re.compile(r"(\n)"), SENTENCES]
_JOINTS += [re.compile(joint) for joint in (r"( ?\| ?)", r"( · )", r"(: )", r"(; )", r"(, )")]
_CONFIG = re.compile(rb"(window\.gradio_config = )(.*?)(;</script>)", re.DOTALL)


def language_of(accepted: str) -> str:
    """Return the first known language of an Accept-Language header; English if there is none."""
    codes = [part.split(";")[0].split("-")[0].strip().lower() for part in accepted.split(",")]
    return next((code for code in codes if code == ENGLISH or code in CATALOGUES), ENGLISH)


@lru_cache(maxsize=10_000)
def translate(text: str, language: str) -> str:
    """Return a text in a language; English where the catalogue lacks it.

    A text that matches no key is taken apart: into lines, sentences, then clauses.
    """
    core = text.strip()
    if not core or language == ENGLISH:
        return text
    found = _texts(language).get(core) or _filled(core, language)
    if found is None:
        parts = next((parts for joint in _JOINTS if len(parts := joint.split(core)) > 1), [])
        for place in range(0, len(parts), 2):  # between them stand the joints
            parts[place] = translate(parts[place], language)
        found = "".join(parts) or core
    return text.replace(core, found)


def localised(value: object, language: str, *, is_text: bool = False) -> object:
    """Return properties of a component with the words in them translated.

    Args:
        value: a JSON value; strings are translated under the names in WORDS and as the first of
            the pairs [words, key] that make choices.
        language: the code of a catalogue.
        is_text: whether the value itself is words.
    """
    if isinstance(value, str):
        return translate(value, language) if is_text else value
    if isinstance(value, Mapping):
        return {
            key: localised(item, language, is_text=key in WORDS or (is_text and key == "value"))
            for key, item in value.items()
        }
    if isinstance(value, Sequence):
        if _is_choice(value):
            return [translate(value[0], language), value[1]]
        return [localised(item, language) for item in value]
    return value


class LocalisedBlocks(gr.Blocks):  # type: ignore[misc]
    """Blocks whose page and private events speak the language of the request."""

    async def process_api(
        self, block_fn: int | BlockFunction, *args: object, **kwargs: object
    ) -> JsonObject:
        """Translate what an event of the page answers; the public API stays English."""
        result: JsonObject = await super().process_api(block_fn, *args, **kwargs)
        event = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        headers = getattr(kwargs.get("request"), "headers", None)
        language = language_of(headers.get("accept-language", "") if headers else "")
        if language != ENGLISH and event.api_visibility == "private":
            result["data"] = [
                localised(value, language, is_text=block.get_block_name() in WRITTEN)
                for value, block in zip(result["data"], event.outputs, strict=False)
            ]
        return result


class Localised:
    """ASGI middleware: the page in the first language of the browser that has a catalogue."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or scope["method"] != "GET" or path not in {"", "/"}:
            return await self.app(scope, receive, send)
        language = language_of(Headers(scope=scope).get("accept-language", ""))
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = body if language == ENGLISH else localised_page(body, language)
            headers = MutableHeaders(scope=start)
            headers.add_vary_header("Accept-Language")
            headers["Content-Length"] = str(len(page))
            await send(start)
            await send({**message, "body": page})

        await self.app(scope, receive, collect)
        return None


def localised_page(page: bytes, language: str) -> bytes:
    """Return Gradio's page in a language, with the catalogue and the script that uses it."""
    parts = _CONFIG.split(page, maxsplit=1)
    if len(parts) == 1:
        return page
    head, name, config, end, rest = parts
    values = json.loads(config)
    values["title"] = translate(values["title"], language)
    for component in values["components"]:
        is_written = component["type"] in WRITTEN
        component["props"] = localised(component["props"], language, is_text=is_written)
    catalogue = (
        f'<script type="application/json" id="catalogue">{_json(CATALOGUES[language])}</script>'
        '<script type="module" src="modules/web/language.js"></script>'
    )
    head = head.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
    return head + name + _json(values).encode() + end + catalogue.encode() + rest


def _json(value: object) -> str:
    """Return JSON that cannot end the script that holds it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _is_choice(value: Sequence[object]) -> bool:
    return len(value) == 2 and all(isinstance(part, str) for part in value)


@lru_cache
def _texts(language: str) -> dict[str, str]:
    """Return a catalogue with each sentence of longer texts as a text of its own."""
    texts: dict[str, str] = {}
    for key, translation in CATALOGUES[language].items():
        sentences = zip(SENTENCES.split(key)[::2], SENTENCES.split(translation)[::2], strict=True)
        texts |= {text: said for text, said in sentences if re.search(r"\w", _VALUE.sub("", text))}
    return texts | CATALOGUES[language]


@lru_cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Return the keys with values as patterns with their translations, the most literal first."""
    texts = _texts(language)
    keys = [key for key in texts if _VALUE.search(key)]
    keys.sort(key=lambda key: len(_VALUE.sub("", key)), reverse=True)
    return [(_pattern(key), texts[key]) for key in keys]


def _pattern(key: str) -> re.Pattern[str]:
    parts = _VALUE.split(key)
    escaped = [f"(?P<{p}>{_span(p)})" if i % 2 else re.escape(p) for i, p in enumerate(parts)]
    return re.compile("".join(escaped), re.DOTALL)


def _span(name: str) -> str:
    return r"\S+" if name.isupper() else ".*?"


def _filled(text: str, language: str) -> str | None:
    """Return the translation of a text with values, which are translated too."""
    for pattern, translation in _patterns(language):
        if match := pattern.fullmatch(text):
            values = {name: translate(v, language) for name, v in match.groupdict().items()}
            parts = _VALUE.split(translation)
            return "".join(values[part] if i % 2 else part for i, part in enumerate(parts))
    return None
