// What the API refuses, in the reader's language.

import { say } from "./languages.js";
import { sizeOf } from "./words.js";

// The server's stable codes: [kind, title, what to do]. Where nothing says what to do, the server's
// own sentence does: it names the value that is wrong.
const BY_CODE = {
  "not-a-picture": ["not_a_picture", "trouble.not-a-picture", "trouble.not-a-picture.do"],
  "broken-picture": ["not_a_picture", "trouble.broken-picture", "trouble.broken-picture.do"],
  "empty-picture": ["not_a_picture", "trouble.empty-picture", "trouble.empty-picture.do"],
  "picture-too-small": ["not_a_picture", "trouble.small-picture"],
  "picture-error": ["not_a_picture", "trouble.picture-error"],
  "picture-too-large": ["too_big", "trouble.too-big"],
  "body-too-large": ["too_big", "trouble.too-big"],
  "model-missing": ["no_model", "trouble.no-model"],
  "model-broken": ["no_model", "trouble.broken-model"],
  "weights-missing": ["no_model", "trouble.no-weights"],
  "missing-field": ["refused", "trouble.not-valid"],
  "not-base64": ["refused", "trouble.not-valid"],
  "invalid-request": ["refused", "trouble.not-valid"],
  "invalid-input": ["refused", "trouble.not-valid"],
  "bad-request": ["refused", "trouble.not-valid"],
  "fetch-refused": ["refused", "trouble.not-fetched"],
  "not-found": ["refused", "trouble.not-there"],
  "no-dataset": ["refused", "trouble.no-dataset"],
  "dataset-error": ["refused", "trouble.dataset-error"],
  conflict: ["refused", "trouble.conflict"],
  "quota-reached": ["refused", "trouble.quota"],
  "no-space": ["broken", "trouble.no-space", "trouble.no-space.do"],
  "needs-key": ["denied", "trouble.no-key", "trouble.no-key.do"],
  forbidden: ["denied", "trouble.not-allowed"],
  "upload-too-slow": ["busy", "trouble.stood-still", "trouble.stood-still.do"],
  "too-slow": ["busy", "trouble.slow", "trouble.slow.do"],
  "store-down": ["busy", "trouble.no-database", "trouble.wait"],
  "cut-off": ["busy", "trouble.no-database", "trouble.wait"],
  "not-ready": ["busy", "trouble.not-ready", "trouble.wait"],
  busy: ["busy", "trouble.busy", "trouble.wait"],
  "too-many-requests": ["busy", "trouble.busy", "trouble.wait"],
  away: ["away", "trouble.away", "trouble.wait"],
  internal: ["broken", "trouble.broken", "trouble.broken.do"],
};
// The status, where somebody else on the way answered.
const BY_STATUS = {
  401: BY_CODE["needs-key"],
  403: BY_CODE.forbidden,
  404: BY_CODE["not-found"],
  408: BY_CODE["upload-too-slow"],
  413: BY_CODE["body-too-large"],
  429: BY_CODE.busy,
  502: BY_CODE.away,
  503: BY_CODE["not-ready"],
  504: BY_CODE["too-slow"],
};
const REFUSED = ["refused", "trouble.refused"];
const BROKEN = ["broken", "trouble.broken"];

// A body over the limit is refused unread, in words for programs; people want the limit in
// megabytes.
function detailOf(problem, what) {
  const { body_bytes: bytes, picture_bytes: file, pixels } = problem.limits ?? {};
  if (bytes) return say("trouble.most-bytes", { size: sizeOf(bytes) });
  if (file) return say("trouble.most-file", { size: sizeOf(file) });
  if (pixels) return say("trouble.most-pixels", { pixels });
  if (what) return say(what);
  const detail = typeof problem.detail === "string" ? problem.detail : problem.title;
  return detail ? say("trouble.server-says", { detail }) : "";
}

// problem: the body of a refusal (RFC 9457), or {}; -> {kind, title, detail}, detail perhaps ""
export function refusalOf(problem, status = problem.status) {
  const [kind, title, what] =
    BY_CODE[problem.code] ?? BY_STATUS[status] ?? (status < 500 ? REFUSED : BROKEN);
  return { kind, title: say(title), detail: detailOf(problem, what) };
}
