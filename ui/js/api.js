// Talks to /api, and turns every way it can fail into a sentence. Knows nothing of the page.

import { at } from "./root.js";
import { sizeOf } from "./words.js";

const $ = window.jQuery;

// What went wrong, for people. kind: "away" | "busy" | "too_big" | "not_a_picture" | "no_model" |
// "denied" | "refused" | "broken"
export class Trouble extends Error {
  constructor(kind, title, detail, retryAfter = null, code = "") {
    super(title);
    this.code = code;
    this.kind = kind;
    this.title = title;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}

export class Abandoned extends Error {}

function problemOf(xhr) {
  try {
    return xhr.responseJSON || JSON.parse(xhr.responseText) || {};
  } catch {
    return {};
  }
}

// The server's stable codes first; the status where nginx, or somebody else on the way, answered.
const BY_CODE = {
  "not-a-picture": ["not_a_picture", "That is not a picture I can read."],
  "broken-picture": ["not_a_picture", "That picture is damaged."],
  "empty-picture": ["not_a_picture", "That file is empty."],
  "picture-too-small": ["not_a_picture", "That picture is too small."],
  "picture-too-large": ["too_big", "That picture is too big."],
  "body-too-large": ["too_big", "That picture is too big."],
  "model-missing": ["no_model", "That model is not there."],
  "model-broken": ["no_model", "That model cannot answer."],
  "weights-missing": ["no_model", "A file that the model needs is missing."],
  "too-slow": ["busy", "That took too long."],
  "store-down": ["busy", "The server cannot reach its database."],
};
const BY_STATUS = {
  401: ["denied", "This needs a key."],
  403: ["denied", "This key may not do that."],
  404: ["refused", "There is no such thing on the server."],
  408: ["busy", "The upload stood still."],
  413: ["too_big", "That picture is too big."],
  429: ["busy", "The server is busy."],
  502: ["away", "The server is away."],
  503: ["busy", "The server is not ready."],
  504: ["busy", "That took too long."],
};

// A body over the limit is refused unread, in words for programs; people want the limit in
// megabytes.
function detailOf(problem) {
  const most = problem.limits?.body_bytes;
  if (most) return `At most ${sizeOf(most)} can be sent at once.`;
  return typeof problem.detail === "string" ? problem.detail : "";
}

export function troubleOf(xhr) {
  if (xhr.status === 0) {
    return new Trouble(
      "away",
      "The server does not answer.",
      "It may be restarting, or the network is down.",
    );
  }
  const problem = problemOf(xhr);
  const retryAfter = Number(xhr.getResponseHeader("Retry-After")) || null;
  const [kind, title] =
    BY_CODE[problem.code] ||
    BY_STATUS[xhr.status] ||
    (xhr.status < 500
      ? ["refused", "The server refused this."]
      : ["broken", "Something went wrong on the server."]);
  const words = detailOf(problem);
  return new Trouble(
    kind,
    title,
    words || problem.title || `It said ${xhr.status} ${xhr.statusText}.`,
    retryAfter,
    problem.code,
  );
}

// Who we are to the server: {role, via, name, csrf}. Kept here because every changing request must
// show the token.
export const who = { role: "none", via: "nothing", name: "", csrf: null };
const ROLES = ["none", "predict", "train", "admin"];
export const may = (role) => ROLES.indexOf(who.role) >= ROLES.indexOf(role);

// One request; the promise has .abort(). Rejects with Trouble, or with Abandoned after abort().
export function request(method, path, options = {}) {
  const headers = who.csrf ? { "X-CSRF-Token": who.csrf } : {};
  const xhr = $.ajax({ method, url: at(path), dataType: "json", cache: true, headers, ...options });
  const promise = new Promise((resolve, reject) => {
    xhr.done((data) => resolve(data));
    xhr.fail((_, status) => {
      if (status === "abort") reject(new Abandoned());
      else if (status === "timeout")
        reject(
          new Trouble(
            "busy",
            "That took too long.",
            "The picture was not answered in time. A smaller one is sent faster.",
          ),
        );
      else if (status === "parsererror")
        reject(new Trouble("broken", "The server's answer makes no sense.", "It was no JSON."));
      else reject(troubleOf(xhr));
    });
  });
  promise.abort = () => xhr.abort();
  return promise;
}

// A request with a JSON body.
export const send = (method, path, body) =>
  request(method, path, { data: JSON.stringify(body), contentType: "application/json" });

// A request with files in a multipart field.
export function upload(path, field, files, options = {}) {
  const form = new FormData();
  for (const file of files) form.append(field, file, file.name || "picture");
  return request("POST", path, { data: form, processData: false, contentType: false, ...options });
}

export function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () =>
      reject(
        new Trouble("refused", "That file cannot be read.", String(reader.error?.message || "")),
      );
    reader.readAsDataURL(blob);
  });
}

const MOST_CLASSES = 100; // the server lists at most so many classes a region

function regionOf(entry, index) {
  return {
    ...entry,
    index,
    scores: entry.top_k.map(({ label, score }) => ({ label, probability: score })),
  };
}

// The browser's request, with an ear on how much of the body is sent.
function listening(sent) {
  const xhr = $.ajaxSettings.xhr();
  xhr.upload.addEventListener("progress", (event) => sent(event.loaded / event.total));
  return xhr;
}

const LONGEST = 300000; // milliseconds: 15 MB over a slow line, and the answer

// Ask what is in the picture. Resolves to the server's answer with `regions[].scores`; `.abort()`
// gives up, sent(part) hears of progress.
export function recognise(blob, model, options = {}, sent = () => {}) {
  const query = $.param({ top_k: MOST_CLASSES, ...(model ? { model } : {}), ...options });
  const running = upload(`api/predict?${query}`, "image", [blob], {
    timeout: LONGEST,
    xhr: () => listening(sent),
  });
  const answer = running.then((found) => ({ ...found, regions: found.regions.map(regionOf) }));
  answer.abort = running.abort;
  return answer;
}

// The models that answer, the default first: [{name, version, recipe, subject, labels, default}];
// and the broken ones.
export async function models() {
  const answer = await request("GET", "api/models");
  const isDefault = (model) => Number(model.name === answer.default);
  return {
    good: [...answer.models].sort((a, b) => isDefault(b) - isDefault(a)),
    broken: answer.broken,
  };
}

export const ready = () => request("GET", "readyz", { dataType: "text", timeout: 4000 });
