// The choices of a training: every field starts as an article has it.

import { WORDS } from "./words.js";

const NUMBERS = ["low", "high", "size", "rate", "epochs", "seed"];

export function createForm({ $, on, props }) {
  const field = (name) => $(`form [name=${name}]`);
  const names = Object.keys(props.starts[props.first]);
  const fill = (name, entries) => field(name).replaceChildren(...entries.map(([value, text]) => new Option(text, value)));

  // The form as the server takes it.
  function read() {
    return Object.fromEntries(names.map((name) => [name, NUMBERS.includes(name) ? Number(field(name).value) : field(name).value]));
  }

  function article() {
    return { ...props.starts[field("recipe").value], data: props.data };
  }

  function write(choices) {
    for (const [name, value] of Object.entries(choices)) if (name !== "size") field(name).value = value;
    bound();
    if ("size" in choices) field("size").value = choices.size;
    compare();
  }

  // The ranges follow the noise and the network.
  function bound() {
    const { minimum, maximum } = props.noises[field("kind").value];
    for (const term of ["noise", "level"]) $(`form [data-term^=${term}]`).dataset.term = `${term}-${field("kind").value}`;
    for (const name of ["low", "high"]) {
      Object.assign(field(name), { min: minimum, max: maximum, step: "any", disabled: field("kind").value === "none" });
    }
    const { least, most } = props.networks[field("network").value];
    Object.assign(field("size"), { min: least, max: most });
  }

  // Mark what differs from the article.
  function compare() {
    const own = article();
    const now = read();
    const changed = names.filter((name) => now[name] !== own[name]);
    for (const name of names) field(name).classList.toggle("changed", changed.includes(name));
    $("[data-action=restore]").disabled = !changed.length;
    $(".lesson").textContent = props.recipes[now.recipe].lesson;
    $("form output").textContent = WORDS.size(now.size, props.networks[now.network].unit);
  }

  function changed({ target }) {
    if (target.name === "recipe") return write({ ...article(), data: field("data").value });
    if (target.name === "kind") {
      const { minimum, value } = props.noises[target.value];
      const own = article();
      const [low, high] = own.kind === target.value ? [own.low, own.high] : [minimum, value];
      return write({ low, high });
    }
    if (target.name === "network") bound();
    return compare();
  }

  fill("recipe", Object.entries(props.recipes).map(([key, { label }]) => [key, label]));
  fill("kind", Object.entries(props.noises).map(([key, { label }]) => [key, label]));
  fill("network", Object.entries(props.networks).map(([key, { label }]) => [key, label]));
  fill("loss", Object.entries(props.losses));
  field("data").querySelector("[value=mnist]").disabled = props.data !== "mnist";
  field("epochs").max = props.limits.epochs;
  field("recipe").value = props.first;
  write(article());
  on($("form"), "input", changed);

  return {
    read,
    // Whether every field holds what it may; the browser says what is wrong.
    check: () => $("form").reportValidity(),
    restore: () => write(article()),
    set: (name, value) => write({ [name]: value }),
    write: (choices) => write({ ...article(), ...choices }),
  };
}
