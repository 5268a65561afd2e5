// One of a few: tabs over a view, and filters over a list. Both are buttons in a row.

import { el } from "../dom.js";

// choices: [[value, text], …]; choose(value) is called when another is pressed.
export function filters(label, choices, chosen, choose) {
  const row = el("div.filters").attr({ role: "group", "aria-label": label });
  const press = (value) =>
    row.children().each((_, button) => {
      button.setAttribute("aria-pressed", String(button.dataset.value === String(value)));
    });
  row.append(
    choices.map(([value, text]) =>
      el("button.filter", text)
        .attr({ type: "button", "data-value": value })
        .on("click", () => {
          press(value);
          choose(value);
        }),
    ),
  );
  press(chosen);
  return row;
}
