// The contact sheet: which pictures are chosen, by mouse, keys or thumb. Near copies lie in one
// stack: what is decided about it is decided about all of them, unless it is opened.

import { shot } from "./shot.js";

const $ = window.jQuery;
const isTyping = (target) => $(target).is("input, select, textarea");

export class Sheet {
  // changed() hears whenever what is chosen changed; open(row) shows one large
  constructor(list, changed, open) {
    this.list = list;
    this.changed = changed;
    this.open = open;
    this.dataset = "";
    this.stacks = [];
    this.opened = new Set();
    this.at = 0;
    this.from = 0;
    this.list
      .on("click", ".shot", (event) => this.clicked(event))
      .on("dblclick", ".shot", (event) => this.open(this.rowsOf(event.currentTarget)[0]))
      .on("keydown", (event) => this.pressed(event))
      .on("focusin", ".shot", (event) => {
        this.at = $(event.currentTarget).index();
      });
  }

  // rows: in the server's order, near copies side by side
  show(dataset, rows) {
    this.dataset = dataset;
    this.stacks = [];
    for (const row of rows) {
      const last = this.stacks.at(-1);
      const same = row.stack && last?.[0].stack === row.stack && !this.opened.has(row.stack);
      if (same) last.push(row);
      else this.stacks.push([row]);
    }
    const kept = this.list[0].contains(document.activeElement);
    this.list.empty().append(this.stacks.map((rows) => shot(dataset, rows[0], rows.length)));
    this.at = Math.min(this.at, Math.max(0, this.stacks.length - 1));
    this.shots().eq(this.at).attr("tabindex", 0);
    if (kept) this.focus(this.at);
    this.changed();
  }

  shots() {
    return this.list.children();
  }

  rowsOf(element) {
    return this.stacks[$(element).index()] ?? [];
  }

  // All the pictures that are chosen, copies of a stack included.
  chosen() {
    return this.shots()
      .filter("[aria-selected=true]")
      .get()
      .flatMap((element) => this.rowsOf(element));
  }

  // What an action is about: what is chosen, else the picture that the keyboard is on.
  meant() {
    const chosen = this.chosen();
    if (chosen.length) return chosen;
    return this.list[0].contains(document.activeElement) ? (this.stacks[this.at] ?? []) : [];
  }

  select(element, wanted) {
    element.setAttribute("aria-selected", String(wanted));
  }

  clear() {
    this.shots().attr("aria-selected", "false");
    this.changed();
  }

  all() {
    this.shots().attr("aria-selected", "true");
    this.changed();
  }

  toggle(element) {
    this.select(element, element.getAttribute("aria-selected") !== "true");
    this.from = $(element).index();
    this.changed();
  }

  until(index) {
    const [first, last] = [this.from, index].sort((a, b) => a - b);
    this.shots()
      .slice(first, last + 1)
      .each((_, element) => this.select(element, true));
    this.changed();
  }

  clicked(event) {
    const element = event.currentTarget;
    this.focus($(element).index());
    if ($(event.target).is(".stack")) this.unstack();
    else if (event.shiftKey) this.until($(element).index());
    else this.toggle(element);
  }

  // A stack's copies one by one, and together again.
  unstack() {
    const [row] = this.stacks[this.at] ?? [];
    if (!row?.stack) return;
    if (this.opened.has(row.stack)) this.opened.delete(row.stack);
    else this.opened.add(row.stack);
    this.show(this.dataset, this.stacks.flat());
    this.focus(this.at);
  }

  columns() {
    const tops = this.shots()
      .get()
      .map((element) => element.offsetTop);
    return Math.max(1, tops.filter((top) => top === tops[0]).length);
  }

  focus(index) {
    const shots = this.shots();
    if (!shots.length) return;
    this.at = Math.min(Math.max(0, index), shots.length - 1);
    shots.attr("tabindex", -1).eq(this.at).attr("tabindex", 0).trigger("focus");
  }

  pressed(event) {
    if (isTyping(event.target) || event.altKey) return;
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: this.columns(),
      ArrowUp: -this.columns(),
      Home: -this.at,
      End: this.stacks.length,
    };
    const isAll = event.key === "a" && (event.ctrlKey || event.metaKey);
    if (event.key in steps) {
      this.focus(this.at + steps[event.key]);
      if (event.shiftKey) this.until(this.at);
    } else if (event.key === " ") this.toggle(this.shots()[this.at]);
    else if (event.key === "Enter") this.open((this.stacks[this.at] ?? [])[0]);
    else if (isAll) this.all();
    else if (event.key === "Escape") this.clear();
    else if (event.key === "x") this.unstack();
    else return;
    event.preventDefault();
  }
}
