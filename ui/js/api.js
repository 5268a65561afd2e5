// Talks to /api, and turns every way it can fail into a sentence. Knows nothing of the page.

const $ = window.jQuery;

// What went wrong, for people. kind: "away" | "busy" | "too_big" | "not_a_picture" | "no_model" | "denied" | "refused" | "broken"
export class Trouble extends Error {
  constructor(kind, title, detail, retryAfter = null) {
    super(title);
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

export function troubleOf(xhr) {
  if (xhr.status === 0) {
    return new Trouble("away", "The server does not answer.", "It may be restarting, or the network is down. I keep trying.");
  }
  const problem = problemOf(xhr);
  const retryAfter = Number(xhr.getResponseHeader("Retry-After")) || null;
  const [kind, title] = BY_CODE[problem.code] || BY_STATUS[xhr.status]
    || (xhr.status < 500 ? ["refused", "The server refused this."] : ["broken", "Something went wrong on the server."]);
  const words = typeof problem.detail === "string" ? problem.detail : "";
  return new Trouble(kind, title, words || problem.title || `It said ${xhr.status} ${xhr.statusText}.`, retryAfter);
}

// One request; the promise has .abort(). Rejects with Trouble, or with Abandoned after abort().
export function request(method, path, options = {}) {
  const xhr = $.ajax({ method, url: path, dataType: "json", cache: true, ...options });
  const promise = new Promise((resolve, reject) => {
    xhr.done((data) => resolve(data));
    xhr.fail((_, status) => {
      if (status === "abort") reject(new Abandoned());
      else if (status === "parsererror") reject(new Trouble("broken", "The server's answer makes no sense.", "It was no JSON."));
      else reject(troubleOf(xhr));
    });
  });
  promise.abort = () => xhr.abort();
  return promise;
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Trouble("refused", "That file cannot be read.", String(reader.error?.message || "")));
    reader.readAsDataURL(blob);
  });
}

// The tutorial's entry -> one region as the page thinks of it.
function regionOf(entry) {
  const scores = Object.entries(entry.class_dictionary)
    .map(([label, index]) => ({ label, probability: entry.class_probability[index] / 100 }));
  return {
    box: entry.box,
    label: entry.label === undefined ? entry.class : entry.label,
    best: entry.class,
    probability: Math.max(...scores.map((score) => score.probability)),
    scores,
    similarity: entry.similarity ?? null,
    note: entry.note || "",
  };
}

// Ask who is in the picture. Resolves to {regions, note}; `.abort()` on the returned object gives up.
export function recognise(blob, model) {
  let running = null;
  let abandoned = false;
  const answer = (async () => {
    const image = await dataUrl(blob);
    if (abandoned) throw new Abandoned();
    const query = $.param({ unknown: 1, ...(model ? { model } : {}) });
    running = request("POST", `api/classify_image?${query}`, { data: { image_data: image }, timeout: 90000 });
    const entries = await running;
    return { regions: entries.map(regionOf), note: "" };
  })();
  answer.abort = () => {
    abandoned = true;
    running?.abort();
  };
  return answer;
}

// The models that answer, the default first: [{name, version, recipe, subject, labels, default}]; and the broken ones.
export async function models() {
  const answer = await request("GET", "api/models");
  const isDefault = (model) => Number(model.name === answer.default);
  return { good: [...answer.models].sort((a, b) => isDefault(b) - isDefault(a)), broken: answer.broken };
}

export const ready = () => request("GET", "readyz", { dataType: "text", timeout: 4000 });
