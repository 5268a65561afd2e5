// Data sets over the API: addresses, uploads in portions, decisions and their undoing. Draws nothing.

import { request, send, upload } from "./api.js";
import { at } from "./root.js";

const AT_ONCE = 8; // pictures a request, so that there is progress to see and no limit is met
const MOST_BYTES = 40e6; // of a request; the server's own limit for a batch is larger
const DECIDED_AT_ONCE = 200; // as many as the server takes

export const addressOf = (...parts) => `api/datasets/${parts.map(encodeURIComponent).join("/")}`;

export const thumbnailOf = (dataset, sha256, size = 240) =>
  at(`${addressOf(dataset, "pictures", sha256)}?size=${size}`);

export const all = async () => (await request("GET", "api/datasets")).datasets;
export const one = (name) => request("GET", addressOf(name));
export const create = (name) => send("POST", "api/datasets", { name });
export const remove = (name) => request("DELETE", addressOf(name));
export const addClass = (dataset, name) => send("POST", addressOf(dataset, "classes"), { name });
export const removeClass = (dataset, label) =>
  request("DELETE", addressOf(dataset, "classes", label));

// A page of pictures with their marks. query: mark, label, decision, picture, order, offset, limit
export function pictures(dataset, query = {}) {
  const wanted = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined);
  const search = new URLSearchParams(wanted);
  return request("GET", `${addressOf(dataset, "pictures")}?${search}`);
}

// Decide about many; resolves to undo(), which takes all of it back.
export async function decide(dataset, decisions) {
  const undos = [];
  for (let from = 0; from < decisions.length; from += DECIDED_AT_ONCE) {
    const some = decisions.slice(from, from + DECIDED_AT_ONCE);
    const { undo } = await send("POST", addressOf(dataset, "decisions"), { decisions: some });
    undos.push(undo);
  }
  return () => undoAll(dataset, undos);
}

// Delete a file; resolves to undo(), which brings it back within the hour.
export async function removePicture(dataset, { label, file }) {
  const address = addressOf(dataset, "classes", label, "pictures", file);
  await request("DELETE", address);
  return () => request("POST", `${address}/restore`);
}

// Of several in a picture the one that is meant; resolves to undo().
export async function choose(dataset, sha256, region) {
  const address = addressOf(dataset, "pictures", sha256, "choose");
  const { undo } = await send("POST", address, { region });
  return () => undoAll(dataset, [undo]);
}

async function undoAll(dataset, undos) {
  for (const undo of undos.reverse())
    await request("POST", addressOf(dataset, "decisions", undo, "undo"));
}

function portions(files) {
  const batches = [];
  let bytes = 0;
  for (const file of files) {
    const full = batches.at(-1)?.length >= AT_ONCE || bytes + file.size > MOST_BYTES;
    if (!batches.length || full) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1).push(file);
    bytes += file.size;
  }
  return batches;
}

// Send files to a class. came(results, files) hears of each portion; stopped() ends it early.
// What was sent before a stop or a failure stays.
export async function sendTo(dataset, label, files, came, stopped = () => false) {
  for (const some of portions(files)) {
    if (stopped()) return;
    const address = addressOf(dataset, "classes", label, "pictures");
    came((await upload(address, "image", some)).results, some);
  }
}
