// People nobody knows over the API: the groups, their faces, what is said of them. Draws nothing.

import { request, send } from "../api.js";
import { at as fromRoot } from "../root.js";

const address = (...parts) => ["api/strangers", ...parts].join("/");

export const groups = (offset, limit) =>
  request("GET", `${address()}?${new URLSearchParams({ offset, limit })}`);

export const pictureOf = ({ prediction, position }) =>
  fromRoot(address("faces", prediction, position));

const withDataset = (dataset) => (dataset ? { dataset } : {});

export const name = (id, label, dataset) =>
  send("POST", address(id, "name"), { label, ...withDataset(dataset) });
export const ignore = (id, dataset) => send("POST", address(id, "ignore"), withDataset(dataset));
export const undo = (id) => request("POST", address(id, "undo"));

const refs = (faces) => faces.map(({ prediction, position }) => ({ prediction, position }));
export const takeOut = (id, faces) => send("POST", address(id, "take-out"), { faces: refs(faces) });

// Resolves to undo(), which takes out again what came to the largest.
export async function merge(strangers) {
  const { id, parts } = await send("POST", address("merge"), { strangers });
  return async () => {
    for (const part of parts) await takeOut(id, part);
  };
}
