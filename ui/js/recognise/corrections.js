// "This is X", "this is not X", "not a face": a person's word on one region, kept for the next
// training. Nothing is sent before it is said with a button, and what was sent can be taken back.

import { dataUrl, may, request, send } from "../api.js";
import { sure } from "../components/dialog.js";
import { say } from "../languages.js";
import { labelFor, nameOf } from "../words.js";
import { outcomeOf } from "./outcome.js";

const $ = window.jQuery;
const OTHER = "\u0000other";
const NEW = "\u0000new";

// What was said of the regions of this answer, so that it is there when one comes back to them.
const panels = new Map();
export const forget = () => panels.clear();

const option = (value, text) => $("<option>").val(value).text(text);
const prompt = (text) => $("<option value='' selected>").text(text);
const newOne = (subject) => say(subject === "object" ? "correct.new-class" : "correct.new-person");

// Whoever has a name gets a button for "It is not …"; a stranger's is in the list.
function options({ region, labels, subject }) {
  const other = subject === "object" ? "correct.something-else" : "correct.somebody-else";
  return [
    prompt(say("correct.it-is")),
    ...labels
      .filter((label) => label !== region.label)
      .map((label) => option(label, nameOf(label))),
    option(NEW, newOne(subject)),
    region.label === null ? option(OTHER, say(other)) : null,
  ];
}

// What is sent: {action, label}.
function wordOf(value, typed, { region, labels }) {
  if (value === OTHER) return { action: "is_not", label: region.label ?? region.best };
  return { action: "is", label: value === NEW ? labelFor(typed, labels) : value };
}

function thanks(correction, body) {
  if (correction.learned) return say("correct.thanks-learned");
  // Whoever chose not to hand the picture over knows that nothing can be learned from it.
  return say(body.image ? "correct.thanks-in-vain" : "correct.thanks");
}

// A data set is made on somebody's word alone: the server says where one would have to be.
async function sent(body) {
  try {
    return await send("POST", "api/corrections", { ...body, create: false });
  } catch (error) {
    if (error.code !== "no-dataset") throw error;
    const yes = await sure(
      say("correct.make-data-set"),
      `${error.detail} ${say("correct.begins-with-this")}`,
      say("correct.make-it"),
    );
    return yes ? await send("POST", "api/corrections", { ...body, create: true }) : null;
  }
}

function drawThanks(panel, context, correction, body) {
  const undo = $("<button type='button' class='button small'>")
    .text(say("toast.undo"))
    .on("click", async () => {
      undo.prop("disabled", true);
      try {
        await request("DELETE", `api/corrections/${correction.id}`);
        drawQuestions(panel, context);
        note(panel, say("correct.taken-back"));
      } catch (error) {
        undo.prop("disabled", false);
        note(panel, error.detail || error.title);
      }
    });
  panel
    .empty()
    .append(
      $("<p class='quiet' role='status'>").text(
        `${thanks(correction, body)} ${outcomeOf(correction)}`,
      ),
      $("<div class='actions'>").append(undo),
    );
  undo.trigger("focus");
}

function note(panel, text) {
  panel.find(".remark").remove();
  panel.append($("<p class='remark' role='status'>").text(text));
}

async function tell(panel, context, word) {
  const { answer, region, file } = context;
  const body = { prediction_id: answer.prediction_id, region: region.index, ...word };
  const controls = panel.find("button, select, input").prop("disabled", true);
  try {
    const along = file && panel.find("input[type=checkbox]").prop("checked");
    if (along) body.image = await dataUrl(file);
    const correction = await sent(body);
    if (correction) {
      drawThanks(panel, context, correction, body);
      return;
    }
    note(panel, say("correct.nothing-saved"));
  } catch (error) {
    note(panel, error.detail || error.title);
  }
  controls.prop("disabled", false);
}

// A choice that waits for its button: arrow keys only go through it.
function chooser(panel, context, name, choices) {
  const select = $("<select>").attr("aria-label", name).append(choices);
  const typed = $("<input type='text' maxlength='63' hidden>").attr({
    "aria-label": say("correct.new-name"),
    placeholder: say("correct.their-name"),
  });
  const save = $("<button type='button' class='button small primary' hidden>").text(
    say("correct.save"),
  );
  const show = () => {
    const isNew = select.val() === NEW;
    typed.prop("hidden", !isNew);
    save.prop("hidden", !select.val()).prop("disabled", isNew && !typed.val().trim());
  };
  select.on("change", show); // the keyboard stays here: whoever types "New" would type on into the name
  typed.on("input", show).on("keydown", (event) => {
    if (event.key === "Enter" && typed.val().trim()) save.trigger("click");
  });
  save.on("click", () => tell(panel, context, wordOf(select.val(), typed.val(), context)));
  return [select, typed, save];
}

// Where a picture may carry several classes, each is right or wrong by itself.
function questions({ region, labels }, button, choose) {
  const yes =
    region.labels.length > 1
      ? say("correct.yes-all")
      : say("correct.yes", { name: nameOf(region.label ?? "") });
  const further = labels.filter((label) => !region.labels.includes(label));
  return [
    region.label !== null ? button(yes, { action: "is", label: region.label }) : null,
    ...region.labels.map((label) =>
      button(say("correct.no-such", { name: nameOf(label) }), { action: "is_not", label }),
    ),
    ...choose(say("correct.also-shows-another"), [
      prompt(say("correct.also-shows")),
      ...further.map((label) => option(label, nameOf(label))),
      option(NEW, say("correct.new-class")),
    ]),
  ];
}

// Where it has one name or none: yes, it is somebody else, it is not them, it is nobody.
function answers(context, button, choose) {
  const { region, subject } = context;
  const { label } = region;
  const name = nameOf(label ?? "");
  const nobody = subject === "person" ? "correct.no-person" : "correct.no-face";
  return [
    label !== null ? button(say("correct.yes", { name }), { action: "is", label }) : null,
    ...choose(say("correct.another"), options(context)),
    label !== null ? button(say("correct.is-not", { name }), { action: "is_not", label }) : null,
    subject !== "object" ? button(say(nobody), { action: "not_a_face" }) : null,
  ];
}

function keepBox({ answer, file }) {
  const part = answer.regions.length === 1 ? "correct.add-picture" : "correct.add-part";
  if (!file) return null;
  return $("<label class='quiet keep'>").append(
    $("<input type='checkbox' checked>"),
    $("<span>").text(say(part)),
  );
}

function drawQuestions(panel, context) {
  const button = (text, word) =>
    $("<button type='button' class='button small'>")
      .text(text)
      .on("click", () => tell(panel, context, word));
  const choose = (name, choices) => chooser(panel, context, name, choices);
  const ask = context.several ? questions : answers;
  panel
    .empty()
    .append(
      $("<h2>").text(say("correct.wrong")),
      $("<div class='actions'>").append(ask(context, button, choose)),
      keepBox(context),
    );
}

// The row of buttons under a region, or null where this person may not correct.
export function panelFor(context) {
  const { answer, region } = context;
  if (!may("train") || !answer.prediction_id) return null;
  const key = `${answer.prediction_id} ${region.index}`;
  if (!panels.has(key)) {
    const panel = $("<div class='corrections'>");
    drawQuestions(panel, context);
    panels.set(key, panel);
  }
  return panels.get(key);
}
