// One class: its pictures, what may be wrong with them, and every way to give it more.

import { sure } from "../components/dialog.js";
import { progressBar } from "../components/progress.js";
import { toast } from "../components/toast.js";
import * as dataSets from "../data-sets.js";
import { button, el, input } from "../dom.js";
import { say } from "../languages.js";
import { isGrave } from "../marks.js";
import { refusalOf } from "../refusals.js";
import { at } from "../root.js";
import { nameOf } from "../words.js";
import { asClasses, ofDrop, ofInput } from "./files.js";
import { issue } from "./issue.js";
import { shots } from "./shots.js";
import { openSearch, runSearch, searchable } from "./web-search.js";

const $ = window.jQuery;
const SHOWN = 24; // pictures of a class; the rest is in the review
const ISSUES = 6; // that are shown at once
const SPECIAL = { _unknown: "teach.special-unknown", _none: "teach.special-none" };
const ENOUGH = 10; // pictures of a class that a training likes to have

function refused({ name }, problem) {
  const { title, detail } = refusalOf(problem);
  return `${name}: ${title} ${detail}`;
}

export const titleOfClass = (label) => (label in SPECIAL ? say(SPECIAL[label]) : nameOf(label));

export class ClassCard {
  // screen: {dataset(), changed(), attempt(work), use(card)}
  constructor(screen, label) {
    this.screen = screen;
    this.label = label;
    this.rows = [];
    this.total = 0;
    this.marked = 0;
    this.waiting = []; // files of the camera that are not sent yet
    this.sending = false;
    this.stopped = false;
    this.camera = null;
    this.refused = [];
    this.build();
  }

  build() {
    const { label } = this;
    const name = titleOfClass(label);
    this.count = el("span.quiet");
    this.thumbnails = el("ul.thumbs").attr("aria-label", say("teach.pictures-of", { name }));
    this.issues = el("ul.issues").attr("aria-label", say("teach.look-at", { name }));
    this.more = el("p.more-issues");
    this.status = el("div.sending").attr("role", "status");
    this.cameraPlace = el("div");
    this.searchPlace = el("div.sending").attr("role", "status");
    this.search = button(say("teach.web"), () => this.openSearch())
      .attr("aria-label", say("teach.web-for", { name }))
      .prop("hidden", true);
    this.element = el(
      "article.class-card",
      this.head(name),
      this.cameraPlace,
      this.searchPlace,
      this.status,
      this.issues,
      this.more,
      this.thumbnails,
    ).attr("data-label", label);
    this.element
      .on("focusin pointerdown", () => this.screen.use(this))
      .on("dragover", (event) => {
        event.preventDefault();
        this.element.addClass("over");
      })
      .on("dragleave drop", () => this.element.removeClass("over"))
      .on("drop", (event) => this.dropped(event));
    searchable().then((found) => this.search.prop("hidden", !found));
  }

  // The name, how many there are, and every way to more.
  head(name) {
    const chooser = input("file", {
      multiple: true,
      accept: "image/*,.heic,.heif",
      tabindex: -1,
      "aria-hidden": true,
    }).addClass("visually-hidden");
    chooser.on("change", () => {
      this.add(asClasses(ofInput(chooser[0])).loose);
      chooser.val("");
    });
    const add = button(say("teach.add"), () => chooser.trigger("click"));
    const camera = button(say("teach.camera"), () => this.openCamera());
    const remove = button("×", () => this.remove(), "plain");
    const named = (key, control) => control.attr("aria-label", say(key, { name }));
    return el(
      "header",
      el("h3", name),
      this.count,
      el(
        "div.actions",
        chooser,
        named("teach.add-to", add),
        named("teach.camera-for", camera),
        this.search,
        named("teach.delete-class-of", remove),
      ),
    );
  }

  async openSearch() {
    const found = await searchable();
    openSearch(found, titleOfClass(this.label), (body) =>
      this.screen.attempt(async () => {
        await runSearch(this.searchPlace, this.screen.dataset(), this.label, body);
        await this.refresh();
        this.screen.changed();
      }),
    );
  }

  async dropped(event) {
    event.preventDefault();
    event.stopPropagation();
    const { classes, loose } = asClasses(await ofDrop(event.originalEvent.dataTransfer));
    this.add([...loose, ...classes.flatMap(({ files }) => files)]);
  }

  openCamera() {
    if (this.camera) return;
    this.screen.use(this);
    this.camera = shots(
      (file) => this.add([file]),
      () => this.closeCamera(),
    );
    this.cameraPlace.append(this.camera);
  }

  closeCamera() {
    this.camera?.end();
    this.camera?.remove();
    this.camera = null;
    this.element.find("header button").eq(1).trigger("focus");
  }

  // Files to send; those that come while others are on their way wait for their turn.
  async add(files) {
    if (!files.length) return;
    this.waiting.push(...files);
    if (this.sending) return;
    this.sending = true;
    this.stopped = false;
    this.refused = [];
    let [sent, added, again] = [0, 0, 0];
    try {
      while (this.waiting.length && !this.stopped) {
        const some = this.waiting.splice(0);
        await dataSets.sendTo(
          this.screen.dataset(),
          this.label,
          some,
          (results, of) => {
            sent += of.length;
            for (const { index, ok, stored, problem } of results) {
              if (!ok) this.refused.push(refused(of[index], problem));
              else if (stored.new) added += 1;
              else again += 1;
            }
            this.came(results);
            this.drawSending(sent, sent + this.waiting.length + some.length - of.length);
          },
          () => this.stopped,
        );
      }
      this.told(added, again);
    } catch (error) {
      this.status.empty();
      throw error;
    } finally {
      this.waiting = [];
      this.sending = false;
      await this.refresh();
      this.screen.changed();
    }
  }

  // Marks as they come: the whole class is asked for once all is sent.
  came(results) {
    for (const { ok, stored, marks, regions, width, height } of results) {
      if (!ok || this.rows.some((row) => row.sha256 === stored.sha256)) continue;
      const shape = { regions: regions ?? [], width: width ?? 0, height: height ?? 0 };
      const row = { sha256: stored.sha256, shows: this.label, marks: marks ?? [], ...shape };
      this.rows.unshift(row);
      this.total += stored.new ? 1 : 0;
    }
    this.draw();
  }

  drawSending(sent, of) {
    const bar = progressBar(say("teach.sending"), sent / of, say("teach.sent", { sent, of }));
    const stop = button(say("teach.stop"), () => {
      this.stopped = true;
    });
    if (sent < of) this.status.empty().append(bar, stop);
  }

  // What became of the files, in a sentence each.
  told(added, again) {
    const lines = [
      say("teach.added", { count: added }),
      again ? say("teach.again", { count: again }) : "",
      this.stopped ? say("teach.stopped") : "",
    ];
    const refused = el(
      "ul.refused",
      this.refused.map((reason) => el("li", reason)),
    );
    this.status
      .empty()
      .append(el("p.quiet", lines.filter(Boolean).join(" ")), this.refused.length ? refused : null);
  }

  async refresh() {
    const page = await dataSets.pictures(this.screen.dataset(), {
      label: this.label,
      limit: SHOWN,
    });
    this.rows = page.pictures;
    this.total = page.total;
    this.screen.seen(page);
    this.draw();
    return page;
  }

  draw() {
    const { label } = this;
    const doubtful = this.rows.filter((row) => row.marks.some(isGrave));
    const fine = this.rows.filter((row) => !row.marks.some(isGrave));
    this.count.text(say("teach.count", { count: this.total }));
    this.element.toggleClass("few", this.total < ENOUGH);
    this.issues
      .empty()
      .append(
        doubtful.slice(0, ISSUES).map((row) => issue(this.screen.dataset(), row, this.acts(row))),
      )
      .prop("hidden", !doubtful.length);
    this.more.empty().prop("hidden", doubtful.length <= ISSUES);
    if (doubtful.length > ISSUES) {
      const search = new URLSearchParams({ dataset: this.screen.dataset(), label, mark: "any" });
      const words = say("teach.more-marked", { count: doubtful.length - ISSUES });
      this.more.append(el("a", words).attr("href", at(`review?${search}`)));
    }
    const tile = (row) =>
      el(
        "li",
        $("<img loading='lazy' width='72' height='72'>").attr({
          src: dataSets.thumbnailOf(this.screen.dataset(), row.sha256, 160),
          alt: "",
        }),
      );
    this.thumbnails.empty().append(fine.map(tile)).prop("hidden", !fine.length);
  }

  graveCount() {
    return this.rows.filter((row) => row.marks.some(isGrave)).length;
  }

  acts(row) {
    const after = async (undo, words) => {
      toast(words, () =>
        this.screen.attempt(async () => {
          await undo();
          await this.screen.refresh();
        }),
      );
      await this.screen.refresh();
    };
    const { screen } = this;
    return {
      decide: (action, to) =>
        screen.attempt(async () => {
          const decision = { sha256: row.sha256, action, ...(to ? { to } : {}) };
          await after(
            await dataSets.decide(screen.dataset(), [decision]),
            say("teach.decided", { count: 1 }),
          );
        }),
      choose: (index) =>
        screen.attempt(async () => {
          await after(
            await dataSets.choose(screen.dataset(), row.sha256, index),
            say("teach.chosen"),
          );
        }),
    };
  }

  async remove() {
    const name = titleOfClass(this.label);
    const title = say("teach.delete-class", { name, dataset: this.screen.dataset() });
    const detail = say("teach.delete-class-detail", { count: this.total });
    if (!(await sure(title, detail, say("teach.delete"), { danger: true }))) return;
    await this.screen.attempt(async () => {
      await dataSets.removeClass(this.screen.dataset(), this.label);
      this.camera?.end();
      await this.screen.reload();
    });
  }
}
