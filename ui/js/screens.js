// The screens there are, in the order of the page's head: a line each. One that is not built yet
// has no line.

// path: below the page's root; role: what a key must at least allow.
export const SCREENS = [
  { name: "recognise", path: "", role: "predict", title: "nav.recognise" },
  { name: "teach", path: "teach", role: "train", title: "nav.teach" },
  { name: "review", path: "review", role: "train", title: "nav.review" },
  { name: "live", path: "camera", role: "predict", title: "nav.live" },
  { name: "models", path: "models", role: "train", title: "nav.models" },
  { name: "activity", path: "activity", role: "admin", title: "nav.activity" },
  { name: "strangers", path: "strangers", role: "admin", title: "nav.strangers" },
  { name: "settings", path: "settings", role: "none", title: "nav.settings" },
];
