// Talks to /api, and turns every way it can fail into a sentence. Knows nothing of the page.

import { say } from "./languages.js";
import { refusalOf } from "./refusals.js";
import { at } from "./root.js";

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

export function troubleOf(xhr) {
  if (xhr.status === 0) {
    return new Trouble("away", say("trouble.no-answer"), say("trouble.no-answer.do"));
  }
  const problem = problemOf(xhr);
  const retryAfter = Number(xhr.getResponseHeader("Retry-After")) || null;
  const { kind, title, detail } = refusalOf(problem, xhr.status);
  const status = say("trouble.status", { status: String(xhr.status), text: xhr.statusText });
  return new Trouble(kind, title, detail || status, retryAfter, problem.code);
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
        reject(new Trouble("busy", say("trouble.slow"), say("trouble.slow.do")));
      else if (status === "parsererror")
        reject(new Trouble("broken", say("trouble.no-sense"), say("trouble.wait")));
      else reject(troubleOf(xhr));
    });
  });
  promise.abort = () => xhr.abort();
  return promise;
}

// A request with a JSON body.
export const send = (method, path, body, options = {}) =>
  request(method, path, {
    data: JSON.stringify(body),
    contentType: "application/json",
    ...options,
  });

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
        new Trouble("refused", say("trouble.unreadable"), String(reader.error?.message || "")),
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

// Ask what is in a picture: a Blob, or the address of one. Resolves to the server's answer with
// `regions[].scores`; `.abort()` gives up, sent(part) hears of progress.
export function recognise(picture, model, options = {}, sent = () => {}) {
  const query = $.param({ top_k: MOST_CLASSES, ...(model ? { model } : {}), ...options });
  const path = `api/predict?${query}`;
  const limits = { timeout: LONGEST };
  const running =
    typeof picture === "string"
      ? send("POST", path, { url: picture }, limits)
      : upload(path, "image", [picture], { ...limits, xhr: () => listening(sent) });
  const answer = running.then((found) => ({ ...found, regions: found.regions.map(regionOf) }));
  answer.abort = running.abort;
  return answer;
}

// What answers: {good, broken, asking}; good: [{name, version, recipe, subject, labels, default, …}],
// the default first; asking: what may be asked (picture_bytes, pixels, addresses).
export async function models() {
  const answer = await request("GET", "api/models");
  const isDefault = (model) => Number(model.name === answer.default);
  return {
    good: [...answer.models].sort((a, b) => isDefault(b) - isDefault(a)),
    broken: answer.broken,
    asking: answer.asking,
  };
}

// Where a model is asked about: "/promote", "/versions", …
export const modelPath = (name, action = "") => `api/models/${encodeURIComponent(name)}${action}`;

export const ready = () => request("GET", "readyz", { dataType: "text", timeout: 4000 });
