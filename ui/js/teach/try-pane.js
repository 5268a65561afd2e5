// Trying the model that was just trained, with a picture or the camera, right beside its pictures.

import { recognise } from "../api.js";
import { button, el, input } from "../dom.js";
import { say } from "../languages.js";
import { nameOf, percent } from "../words.js";
import { shots } from "./shots.js";

const $ = window.jQuery;
const of = (part, whole) => `${(100 * part) / whole}%`;

function box({ box: [x, y, width, height], index }, picture) {
  return el("span.region", el("span.number", index + 1))
    .attr("aria-hidden", "true")
    .css({
      left: of(x, picture.width),
      top: of(y, picture.height),
      width: of(width, picture.width),
      height: of(height, picture.height),
    });
}

function line(region) {
  const known = region.label !== null;
  const name = known
    ? say("teach.is", { name: nameOf(region.label), share: percent(region.probability) })
    : say("teach.is-unknown");
  return el(`li${known ? ".known" : ".stranger"}`, name);
}

export class TryPane {
  // screen: {attempt(work)}
  constructor(screen) {
    this.screen = screen;
    this.model = "";
    this.camera = null;
    const chooser = input("file", {
      accept: "image/*,.heic,.heif",
      tabindex: -1,
      "aria-hidden": true,
    }).addClass("visually-hidden");
    chooser.on("change", () => {
      const [file] = chooser[0].files;
      chooser.val("");
      if (file) this.ask(file);
    });
    this.note = el("p.quiet", say("teach.try-later"));
    this.buttons = el(
      "div.actions",
      chooser,
      el("button.button.primary", say("teach.try-picture"))
        .attr("type", "button")
        .on("click", () => chooser.trigger("click")),
      button(say("teach.try-camera"), () => this.openCamera()),
    );
    this.cameraPlace = el("div");
    this.answer = el("div.answer").attr("aria-live", "polite");
    this.element = el(
      "section.panel.pane",
      el("h2", say("teach.step-try")),
      this.note,
      this.buttons,
      this.cameraPlace,
      this.answer,
    ).attr("id", "try-pane");
    this.element
      .on("dragover", (event) => {
        event.preventDefault();
        this.element.addClass("over");
      })
      .on("dragleave drop", () => this.element.removeClass("over"))
      .on("drop", (event) => {
        event.preventDefault();
        event.stopPropagation();
        const [file] = event.originalEvent.dataTransfer.files;
        if (file && this.model) this.ask(file);
      });
    this.set("");
  }

  // model: the one that answers; "" as long as there is none
  set(model, waits = "") {
    if (model !== this.model) this.answer.empty();
    this.model = waits ? "" : model;
    this.buttons.find("button").prop("disabled", !this.model);
    this.note.text(
      waits ? say("teach.try-waits") : say(model ? "teach.try-now" : "teach.try-later"),
    );
  }

  openCamera() {
    if (this.camera) return;
    const close = () => {
      this.camera.end();
      this.camera.remove();
      this.camera = null;
    };
    // One at a time: what comes while an answer is on its way is passed over.
    this.camera = shots((file) => this.asking || this.ask(file), close);
    this.cameraPlace.append(this.camera);
  }

  ask(file) {
    return this.screen.attempt(async () => {
      this.asking = true;
      try {
        const found = await recognise(file, this.model);
        this.show(file, found);
      } finally {
        this.asking = false;
      }
    });
  }

  show(file, found) {
    if (this.shown) URL.revokeObjectURL(this.shown);
    this.shown = URL.createObjectURL(file);
    const boxes = found.regions
      .filter(({ kind }) => kind !== "picture")
      .map((region) => box(region, found.picture));
    const lines = found.regions.length
      ? el("ol.answers", found.regions.map(line))
      : el("p", say("teach.found-nothing"));
    this.answer
      .empty()
      .append(
        el(
          "div.regions",
          $("<img>").attr({ src: this.shown, alt: say("teach.your-picture") }),
          boxes,
        ),
        lines,
      );
  }
}
