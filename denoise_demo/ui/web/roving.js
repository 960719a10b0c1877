// One tab stop for a group of buttons; arrow keys, Home and End move inside it. Buttons with
// data-apart do not take part: they have a key of their own.

const BACK = ["ArrowLeft", "ArrowUp"];
const FORTH = ["ArrowRight", "ArrowDown"];

// `on` listens as in panel.js; `chosen` finds the button that Tab reaches first, if there is one.
export function rove(group, on, chosen = "[aria-pressed=true], [aria-current=true]") {
  const buttons = () => [...group.querySelectorAll("button")].filter((button) => !button.hidden && !button.disabled && !("apart" in button.dataset));

  function stop(one) {
    for (const button of buttons()) button.tabIndex = button === one ? 0 : -1;
  }

  on(group, "keydown", (event) => {
    const all = buttons();
    const place = all.indexOf(event.target);
    const next = { Home: all[0], End: all.at(-1) }[event.key]
      ?? (BACK.includes(event.key) ? all.at(place - 1) : FORTH.includes(event.key) ? all[(place + 1) % all.length] : null);
    if (place < 0 || !next || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    stop(next);
    next.focus();
  });
  on(group, "focusin", ({ target }) => buttons().includes(target) && stop(target));
  const renew = () => stop(buttons().find((button) => button.matches(chosen)) ?? buttons()[0]);
  renew();
  return renew; // to call when the buttons or the choice have changed
}
