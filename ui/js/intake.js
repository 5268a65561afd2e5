// The three ways a picture file gets in: dropped, picked, pasted. Hands on a File, or a sentence why there is none.

const $ = window.jQuery;

function fileOf(transfer) {
  const files = [...(transfer?.files || [])];
  return files.find((file) => file.type.startsWith("image/")) || files[0] || null;
}

function dropping(take, refuse) {
  let depth = 0; // dragenter and dragleave come for every child
  const light = (on) => $("#stage").toggleClass("over", on);
  const hasFiles = (event) => [...(event.originalEvent.dataTransfer?.types || [])].some((type) => type === "Files" || type === "text/uri-list");
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
      const file = fileOf(event.originalEvent.dataTransfer);
      if (file) take(file);
      else refuse("That was no picture file.", "Save the picture first, then drop the file here.");
    });
}

function pasting(take, refuse) {
  $(document).on("paste", (event) => {
    if ($(event.target).is("input:not([type=file]), textarea")) return;
    const file = fileOf(event.originalEvent.clipboardData);
    if (file) take(file);
    else refuse("There is no picture in the clipboard.", "Copy a picture, not a link or a text, and paste again.");
  });
}

function picking(take) {
  const input = $("#file");
  input.on("change", () => {
    const file = input[0].files[0];
    input.val(""); // the same file may be picked twice
    if (file) take(file);
  });
  $("#drop").on("click", () => input.trigger("click"));
}

export function start(take, refuse) {
  dropping(take, refuse);
  pasting(take, refuse);
  picking(take);
}
