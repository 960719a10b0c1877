"""The page's languages: catalogues that are whole, and nothing that is left in English."""

import ast
import json
import re
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

import pytest

from denoise_demo.denoisers import ARTICLES, list_denoisers
from denoise_demo.lab import PRESETS, SCENES
from denoise_demo.ui.glossary import GLOSSARY
from denoise_demo.ui.web.language import CATALOGUES, WRITTEN, language_of, localised, translate

PACKAGE = Path(__file__).resolve().parents[2] / "denoise_demo"
VALUE = re.compile(r"(?<![\w^])\{(\w+)\}")
ATTRIBUTES = {"title", "aria-label", "placeholder", "alt"}
# Words of English sentences that no Portuguese one has.
ENGLISH = re.compile(
    r"\b(the|of|and|is|are|with|from|this|that|to|by|on|it|its|not|was|were|has|have|can|cannot"
    r"|its|your|which|their|than|here|give|choose|picture|pictures|network|noise|digit|learnt)\b",
    re.IGNORECASE,
)
KEPT = {title for key, title in ARTICLES.items() if key != "Blind"}  # of articles
PARTS = r"\{\w+\}|[^\w\s'&%-]+"  # of a text, which sources may write apart
FOREIGN = "Click to view actions\nIn queue: of"  # written by Vega and by Gradio
REACHED = [  # modules below the page whose errors it shows
    "common/checks.py",
    "corruption/noise.py",
    "data/uploads.py",
    "hosting/turns.py",
    "lab/experiment.py",
    "lab/sources.py",
]
JS_TEXT = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')


class Texts(HTMLParser):
    """Collects what a template shows and says."""

    def __init__(self, content):
        super().__init__()
        self.found = []
        self.feed(content)

    def handle_data(self, data):
        self.found.append(data.strip())

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ATTRIBUTES]


def english(text, language):
    """What is left in English of a text that was translated."""
    said = translate(text, language)
    for title in KEPT:
        said = said.replace(title, "")
    return said if ENGLISH.search(re.sub(r"`[^`]*`|\*[^*]+\*, |https?:\S+", "", said)) else ""


def templates():
    return [text for path in PACKAGE.rglob("*.html") for text in Texts(path.read_text()).found]


def script_texts():
    """Sentences in the page's scripts, with 7 for each value."""
    for path in sorted((PACKAGE / "ui").rglob("*.js")):
        lines = path.read_text(encoding="utf-8").splitlines()
        code = "\n".join(line for line in lines if not line.strip().startswith(("//", "import")))
        for plain, template in JS_TEXT.findall(code):
            text = re.sub(r"\$\{[^{}]*\}", "7", plain or template).replace("\\n", "\n")
            if re.match(r"[A-Z][a-z]* ?[^=(]* [a-z]", text) and "${" not in text:
                yield text


def raised(path):
    """Sentences of the errors that a module raises, with 7 for each value."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            message = node.exc.args[0]
            if isinstance(message, ast.Constant):
                yield str(message.value)
            elif isinstance(message, ast.JoinedStr):
                yield "".join(
                    str(getattr(part, "value", 7)) if isinstance(part, ast.Constant) else "7"
                    for part in message.values
                )


def shown_by_registries():
    presets = [text for preset in PRESETS.values() for text in (preset.label, preset.note)]
    denoisers = [
        text for spec in list_denoisers().values() for text in (spec.label, spec.lesson, spec.facts)
    ]
    return [*presets, *denoisers, *GLOSSARY.values(), *SCENES.values()]


def corpus():
    """All texts of the sources, and of the registries."""
    found = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.md")]
    for path in [*PACKAGE.rglob("*.py"), PACKAGE.parent / "app.py"]:
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        found += [n.value for n in tree if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    for ending in ("*.js", "*.html"):
        found += [path.read_text(encoding="utf-8") for path in (PACKAGE / "ui").rglob(ending)]
    return "\n".join([*found, *shown_by_registries(), FOREIGN]).lower()


def test_the_first_known_language_of_the_browser_is_spoken():
    assert language_of("pt-BR,pt;q=0.9,en;q=0.8") == "pt"
    assert language_of("de,PT;q=0.5,en;q=0.3") == "pt"
    assert language_of("en-GB,pt;q=0.5") == language_of("de") == language_of("") == "en"


def test_texts_with_values_and_texts_of_parts_are_translated():
    assert translate(" reads 7, 98 % ✓\n", "pt") == " lê 7, 98 % ✓\n"
    assert translate("S1 · Dense 64, one-sided noise", "pt") == "S1 · Densa 64, ruído unilateral"
    assert translate("nothing of ours", "pt") == "nothing of ours"
    assert translate("Noise", "en") == "Noise"


def test_words_are_translated_and_keys_are_not():
    props = {"label": "Noise", "value": "Noise", "choices": [["Noise", "Noise"]], "n": [1, None]}

    spoken = localised(props, "pt")

    assert spoken == props | {"label": "Ruído", "choices": [["Ruído", "Noise"]]}
    assert localised("Noise", "pt", is_text=True) == "Ruído"


@pytest.mark.parametrize("language", CATALOGUES)
def test_the_values_of_a_translation_are_those_of_its_text(language):
    for text, translation in CATALOGUES[language].items():
        assert sorted(VALUE.findall(text)) == sorted(VALUE.findall(translation)), text
        assert text.strip() == text, text
        assert not VALUE.search(text) or re.search(r"\w|%", VALUE.sub("", text)), text


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_has_no_text_that_the_page_no_longer_has(language):
    known = corpus()
    unused = [
        text
        for text in CATALOGUES[language]
        if not all(part.strip().lower() in known for part in re.split(PARTS, text))
    ]
    assert not unused


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_lacks_no_text_of_the_page(language):
    shown = [*templates(), *script_texts(), *shown_by_registries()]
    assert not [left for text in shown if (left := english(text, language))]


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_lacks_no_error_that_a_visitor_can_meet(language):
    paths = [
        path for path in PACKAGE.joinpath("ui").rglob("*.py") if path.stem not in {"api", "mcp"}
    ]
    paths += [PACKAGE / name for name in REACHED]
    said = [text for path in paths for text in raised(path)]
    assert not [left for text in said if (left := english(text, language))]


@pytest.mark.ui
@pytest.mark.parametrize("language", CATALOGUES)
def test_every_word_that_gradio_is_told_is_translated(app, language):
    request = urllib.request.Request(app, headers={"Accept-Language": language})
    page = urllib.request.urlopen(request).read().decode()

    assert f'lang="{language}"' in page
    config = json.loads(re.search(r"window.gradio_config = (.*?);</script>", page)[1])
    left = []
    for component in config["components"]:
        props = component["props"]
        for name in ("label", "info", "placeholder", "value"):
            text = props.get(name)
            if isinstance(text, str) and (name != "value" or component["type"] in WRITTEN):
                left += [line for line in text.split("\n") if english(line, language)]
        for words, _ in props.get("choices") or []:
            left += [words] if english(words, language) else []
    assert not left


# Texts and names that people read or hear, of what is visible.
VISIBLE = """() => {
  const found = [];
  const kinds = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
  const walker = document.createTreeWalker(document.body, kinds);
  for (let at = walker.currentNode; at; at = walker.nextNode()) {
    const element = at.nodeType === Node.TEXT_NODE ? at.parentElement : at;
    const isLeft = element.closest("script, style, code, em, .katex, #card");
    if (isLeft || !element.checkVisibility()) continue;
    if (at !== element) found.push(at.data);
    for (const name of ["title", "aria-label", "alt"]) found.push(element.getAttribute(name) ?? "");
    if (element.type === "text") found.push(element.value);
  }
  return found;
}"""
TABS = {  # and what they show when they are ready
    "Comparar": "#compare[data-paints]",
    "Curvas": "#curves-words p",
    "Matriz": "#matrix td",
    "Gargalo": "#codes[data-paints]",
    "Figuras": "#figure-explanation p",
    "Treinamento": "#card h2",
    "Como funciona": ".explanation h2",
}


@pytest.mark.ui
def test_a_browser_in_portuguese_finds_no_english(app, browser):
    context = browser.new_context(locale="pt-BR", viewport={"width": 390, "height": 844})
    page = context.new_page()
    try:
        page.goto(app)
        page.wait_for_selector("#stage[data-paints]")
        found = page.evaluate(VISIBLE)
        is_narrow = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.set_viewport_size({"width": 1440, "height": 900})  # where every tab has its place
        for tab, ready in TABS.items():
            page.get_by_role("tab", name=tab, exact=True).click()
            page.wait_for_selector(ready)
            found += page.evaluate(VISIBLE)
        language = page.evaluate("document.documentElement.lang")
    finally:
        context.close()
    for title in KEPT:
        found = [text.replace(title, "") for text in found]

    assert language.startswith("pt")
    assert is_narrow
    assert "Nível de ruído" in found
    assert not {text for text in found if ENGLISH.search(text)}
