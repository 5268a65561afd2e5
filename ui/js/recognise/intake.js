// The three ways picture files get in: dropped, picked, pasted. Hands on a list of Files, or a
// sentence why there is none.

import { say } from "../languages.js";

const $ = window.jQuery;

// The pictures; without any, the first file, so that somebody says what is wrong with it.
function filesOf(transfer) {
  const files = [...(transfer?.files || [])];
  const pictures = files.filter((file) => file.type.startsWith("image/"));
  return pictures.length ? pictures : files.slice(0, 1);
}

function dropping(take, refuse) {
  let depth = 0; // dragenter and dragleave come for every child
  const light = (on) => $("#stage").toggleClass("over", on);
  const hasFiles = (event) =>
    [...(event.originalEvent.dataTransfer?.types || [])].some(
      (type) => type === "Files" || type === "text/uri-list",
    );
  $(document)
    .on("dragenter", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth += 1;
      light(true);
    })
    .on("dragover", (event) => {
      if (hasFiles(event)) event.preventDefault();
    })
    .on("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (!depth) light(false);
    })
    .on("drop", (event) => {
      depth = 0;
      light(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      const files = filesOf(event.originalEvent.dataTransfer);
      if (files.length) take(files);
      else refuse(say("intake.no-file"), say("intake.no-file.do"));
    });
}

function pasting(take, refuse) {
  $(document).on("paste", (event) => {
    if ($(event.target).is("input:not([type=file]), textarea")) return;
    const files = filesOf(event.originalEvent.clipboardData);
    if (files.length) take(files);
    else refuse(say("intake.no-clipboard"), say("intake.no-clipboard.do"));
  });
}

function picking(take) {
  const input = $("#file");
  input.on("change", () => {
    const files = [...input[0].files];
    input.val(""); // the same file may be picked twice
    if (files.length) take(files);
  });
  $("#drop").on("click", () => input.trigger("click"));
}

export function start(take, refuse) {
  dropping(take, refuse);
  pasting(take, refuse);
  picking(take);
}
