// "This is X", "this is not X", "not a face": a person's word on one region, kept for the next
// training. Nothing is sent before it is said with a button, and what was sent can be taken back.

import { dataUrl, may, request, send } from "./api.js";
import { sure } from "./components/dialog.js";
import { labelFor, nameOf, nounsOf } from "./words.js";

const $ = window.jQuery;
const OTHER = "\u0000other";
const NEW = "\u0000new";

// What was said of the regions of this answer, so that it is there when one comes back to them.
const panels = new Map();
export const forget = () => panels.clear();

const option = (value, text) => $("<option>").val(value).text(text);
const prompt = (text) => $("<option value='' selected>").text(text);

function options({ region, labels, subject }) {
  const known = labels.filter((label) => label !== region.label);
  const thing = subject === "object";
  return [
    prompt("It is …"),
    ...known.map((label) => option(label, nameOf(label))),
    option(NEW, thing ? "New class …" : "New person …"),
    option(OTHER, thing ? "something else" : "somebody else"),
  ];
}

// What is sent: {action, label}.
function wordOf(value, typed, { region, labels }) {
  if (value === OTHER) return { action: "is_not", label: region.label ?? region.best };
  return { action: "is", label: value === NEW ? labelFor(typed, labels) : value };
}

function thanks(correction, body) {
  if (correction.learned) return "Thank you, the next training learns from it.";
  // Whoever chose not to hand the picture over knows that nothing can be learned from it.
  return body.image
    ? "Thank you, noted. But the next training learns nothing from it."
    : "Thank you, noted.";
}

// A data set is made on somebody's word alone: the server says where one would have to be.
async function sent(body) {
  try {
    return await send("POST", "api/corrections", { ...body, create: false });
  } catch (error) {
    if (error.code !== "no-dataset") throw error;
    const yes = await sure(
      "Make a data set for it?",
      `${error.detail} It would begin with this picture alone.`,
      "Make it",
    );
    return yes ? await send("POST", "api/corrections", { ...body, create: true }) : null;
  }
}

function drawThanks(panel, context, correction, body) {
  const undo = $("<button type='button' class='button small'>")
    .text("Undo")
    .on("click", async () => {
      undo.prop("disabled", true);
      try {
        await request("DELETE", `api/corrections/${correction.id}`);
        drawQuestions(panel, context);
        say(panel, "It was taken back.");
      } catch (error) {
        undo.prop("disabled", false);
        say(panel, error.detail || error.title);
      }
    });
  panel
    .empty()
    .append(
      $("<p class='quiet' role='status'>").text(`${thanks(correction, body)} ${correction.why}`),
      $("<div class='actions'>").append(undo),
    );
  undo.trigger("focus");
}

function say(panel, text) {
  panel.find(".remark").remove();
  panel.append($("<p class='remark' role='status'>").text(text));
}

async function tell(panel, context, word) {
  const { answer, region, file } = context;
  const body = { prediction_id: answer.prediction_id, region: region.index, ...word };
  const controls = panel.find("button, select, input").prop("disabled", true);
  try {
    if (panel.find("input[type=checkbox]").prop("checked")) body.image = await dataUrl(file);
    const correction = await sent(body);
    if (correction) {
      drawThanks(panel, context, correction, body);
      return;
    }
    say(panel, "Nothing was saved.");
  } catch (error) {
    say(panel, error.detail || error.title);
  }
  controls.prop("disabled", false);
}

// A choice that waits for its button: arrow keys only go through it.
function chooser(panel, context, name, choices) {
  const select = $("<select>").attr("aria-label", name).append(choices);
  const typed = $("<input type='text' maxlength='63' hidden>").attr({
    "aria-label": "Name of somebody new",
    placeholder: "their name",
  });
  const save = $("<button type='button' class='button small primary' hidden>").text("Save");
  const show = () => {
    const isNew = select.val() === NEW;
    typed.prop("hidden", !isNew);
    save.prop("hidden", !select.val()).prop("disabled", isNew && !typed.val().trim());
  };
  select.on("change", () => {
    show();
    if (select.val() === NEW) typed.trigger("focus");
  });
  typed.on("input", show).on("keydown", (event) => {
    if (event.key === "Enter" && typed.val().trim()) save.trigger("click");
  });
  save.on("click", () => tell(panel, context, wordOf(select.val(), typed.val(), context)));
  return [select, typed, save];
}

// Where a picture may carry several classes, each is right or wrong by itself.
function questions({ region, labels }, button, choose) {
  const further = labels
    .filter((label) => !region.labels.includes(label))
    .map((label) => option(label, nameOf(label)));
  return [
    region.label !== null
      ? button(region.labels.length > 1 ? "Yes, all of it" : `Yes, ${nameOf(region.label)}`, {
          action: "is",
          label: region.label,
        })
      : null,
    ...region.labels.map((label) => button(`No ${nameOf(label)}`, { action: "is_not", label })),
    ...choose("It also shows another class", [
      prompt("It also shows …"),
      ...further,
      option(NEW, "New class …"),
    ]),
  ];
}

function drawQuestions(panel, context) {
  const { answer, region, subject, several } = context;
  const button = (text, word) =>
    $("<button type='button' class='button small'>")
      .text(text)
      .on("click", () => tell(panel, context, word));
  const choose = (name, choices) => chooser(panel, context, name, choices);
  const buttons = $("<div class='actions'>");
  if (several) {
    buttons.append(questions(context, button, choose));
  } else {
    if (region.label !== null) {
      buttons.append(button(`Yes, ${nameOf(region.label)}`, { action: "is", label: region.label }));
    }
    buttons.append(choose("It is another one", options(context)));
  }
  const noun = nounsOf(subject).one;
  if (subject !== "object") buttons.append(button(`Not a ${noun}`, { action: "not_a_face" }));
  const part =
    answer.regions.length === 1 ? "the picture" : `the part of the picture that shows this ${noun}`;
  panel
    .empty()
    .append(
      $("<p class='quiet'>").text("Is that right?"),
      buttons,
      $("<label class='quiet keep'>").append(
        $("<input type='checkbox' checked>"),
        ` add ${part} to the data set, so that the next training learns from it`,
      ),
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
