// "This is X", "this is not X", "not a face": a person's word on one region, kept for the next
// training.

import { dataUrl, may, send } from "./api.js";
import { nameOf, nounsOf } from "./words.js";

const $ = window.jQuery;
const OTHER = "\u0000other";

function options({ region, labels, subject }) {
  const known = labels.filter((label) => label !== region.label);
  return [
    $("<option value='' disabled selected hidden>").text("It is …"),
    ...known.map((label) => $("<option>").val(label).text(nameOf(label))),
    $("<option>")
      .val(OTHER)
      .text(subject === "object" ? "something else" : "somebody else"),
  ];
}

// What is sent: {action, label}.
function wordOf(value, region) {
  return value === OTHER
    ? { action: "is_not", label: region.label ?? region.best }
    : { action: "is", label: value };
}

function thanks(correction, body) {
  if (correction.learned) return "Thank you, the next training learns from it.";
  // Whoever chose not to hand the picture over knows that nothing can be learned from it.
  return body.image
    ? "Thank you, noted. But the next training learns nothing from it."
    : "Thank you, noted.";
}

async function tell(panel, context, word) {
  const { answer, region, file } = context;
  const body = { prediction_id: answer.prediction_id, region: region.index, ...word };
  panel.find("button, select").prop("disabled", true);
  try {
    if (panel.find("input").prop("checked")) body.image = await dataUrl(file);
    const correction = await send("POST", "api/corrections", body);
    panel
      .empty()
      .append(
        $("<p class='quiet' role='status'>").text(`${thanks(correction, body)} ${correction.why}`),
      );
  } catch (error) {
    panel.find("button, select").prop("disabled", false);
    panel.find(".remark").remove();
    panel.append($("<p class='remark' role='alert'>").text(error.detail || error.title));
  }
}

// Where a picture may carry several classes, each is right or wrong by itself.
function questions({ region, labels }, button, choose) {
  const further = labels
    .filter((label) => !region.labels.includes(label))
    .map((label) => $("<option>").val(label).text(nameOf(label)));
  return [
    region.label !== null
      ? button(region.labels.length > 1 ? "Yes, all of it" : `Yes, ${nameOf(region.label)}`, {
          action: "is",
          label: region.label,
        })
      : null,
    ...region.labels.map((label) => button(`No ${nameOf(label)}`, { action: "is_not", label })),
    further.length
      ? choose("It also shows another class", [
          $("<option value='' disabled selected hidden>").text("It also shows …"),
          ...further,
        ])
      : null,
  ];
}

// The row of buttons under a region, or null where this person may not correct.
export function panelFor(context) {
  const { answer, region, subject, several } = context;
  if (!may("train") || !answer.prediction_id) return null;
  const panel = $("<div class='corrections'>");
  const button = (text, word) =>
    $("<button type='button' class='button small'>")
      .text(text)
      .on("click", () => tell(panel, context, word));
  const choose = (name, choices) =>
    $("<select>")
      .attr("aria-label", name)
      .append(choices)
      .on("change", (event) => tell(panel, context, wordOf(event.target.value, region)));
  const buttons = $("<div class='actions'>");
  if (several) {
    buttons.append(questions(context, button, choose));
  } else {
    if (region.label !== null) {
      buttons.append(button(`Yes, ${nameOf(region.label)}`, { action: "is", label: region.label }));
    }
    buttons.append(choose("It is another one", options(context)));
  }
  if (subject !== "object") {
    buttons.append(button(`Not a ${nounsOf(subject).one}`, { action: "not_a_face" }));
  }
  panel.append($("<p class='quiet'>").text("Is that right?"), buttons);
  const part =
    answer.regions.length === 1
      ? "the picture"
      : `the part of the picture that shows this ${nounsOf(subject).one}`;
  panel.append(
    $("<label class='quiet keep'>").append(
      $("<input type='checkbox' checked>"),
      ` add ${part} to the data set, so that the next training learns from it`,
    ),
  );
  return panel;
}
