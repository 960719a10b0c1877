// Translates what the page's scripts and Gradio's messages write. Only a page in another language than
// English loads this: language.py puts it there with the catalogue, whose keys are English texts with
// {name} for values, {NAME} for those without spaces.

const VALUE = /(?<![\w^])\{(\w+)\}/; // not an argument of LaTeX
const SENTENCES = /((?<=[.!?]|[.!?]\*\*) )(?=\S)/;
const JOINTS = [/(\n)/, SENTENCES, /( ?\| ?)/, /( · )/, /(: )/, /(; )/, /(, )/]; // where a text may be taken apart
const ATTRIBUTES = ["title", "aria-label", "aria-valuetext", "aria-roledescription", "placeholder", "alt"];
const LEFT = "script, style, code, pre, textarea, .katex"; // elements whose texts stay as they are
const MOST = 5000; // remembered texts

// Return the function that translates a text, as `translate` in language.py does.
export function createTranslator(catalogue) {
  const literal = (key) => key.split(VALUE).filter((_, i) => i % 2 === 0).join("");
  const texts = {}; // each sentence of longer texts is a text of its own
  for (const [key, translation] of Object.entries(catalogue)) {
    const said = translation.split(SENTENCES);
    key.split(SENTENCES).forEach((sentence, i) => /\w/.test(literal(sentence)) && (texts[sentence] = said[i]));
  }
  Object.assign(texts, catalogue);
  const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const span = (name) => (name === name.toUpperCase() ? "\\S+" : ".*?");
  const patterns = Object.keys(texts)
    .filter((key) => VALUE.test(key))
    .sort((a, b) => literal(b).length - literal(a).length)
    .map((key) => {
      const parts = key.split(VALUE).map((part, i) => (i % 2 ? `(?<${part}>${span(part)})` : escape(part)));
      return [new RegExp(`^${parts.join("")}$`, "s"), texts[key]];
    });
  const known = new Map();

  function fill(text) {
    for (const [pattern, translation] of patterns) {
      const groups = pattern.exec(text)?.groups;
      if (groups) return translation.replace(new RegExp(VALUE, "g"), (_, name) => translate(groups[name]));
    }
    return null;
  }

  function look(core) {
    if (Object.hasOwn(texts, core)) return texts[core];
    const filled = fill(core);
    if (filled !== null) return filled;
    for (const joint of JOINTS) {
      const parts = core.split(joint);
      if (parts.length > 1) return parts.map((part, i) => (i % 2 ? part : translate(part))).join("");
    }
    return core;
  }

  function translate(text) {
    if (!/[a-z]{2}/i.test(text)) return text; // numbers
    let found = known.get(text);
    if (found !== undefined) return found;
    const core = text.trim();
    found = text.replace(core, () => look(core));
    if (known.size >= MOST) known.clear();
    known.set(text, found);
    return found;
  }
  return translate;
}

// Translate an element, and from then on whatever is written into it, before it is painted.
export function watch(root, translate) {
  function text(node) {
    if (node.parentElement?.closest(LEFT)) return;
    const found = translate(node.data);
    if (found !== node.data) node.data = found;
  }

  function attribute(element, name) {
    const value = element.getAttribute(name);
    const found = value && translate(value);
    if (found && found !== value) element.setAttribute(name, found);
  }

  function all(node) {
    if (node.nodeType === Node.TEXT_NODE) return text(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let at = node; at; at = walker.nextNode()) {
      if (at.nodeType === Node.TEXT_NODE) text(at);
      else for (const name of ATTRIBUTES) attribute(at, name);
    }
  }

  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes, attributeName } of changes) {
      if (type === "characterData") text(target);
      else if (type === "attributes") attribute(target, attributeName);
      else addedNodes.forEach(all);
    }
    observer.takeRecords(); // of these very changes
  });
  all(root);
  observer.observe(root, { subtree: true, childList: true, characterData: true, attributeFilter: ATTRIBUTES });
}

const catalogue = globalThis.document?.getElementById("catalogue");
if (catalogue) watch(document.body, createTranslator(JSON.parse(catalogue.textContent)));
