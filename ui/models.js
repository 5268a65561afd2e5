// The screen Models: which versions there are and how good, which one answers, whom they take for
// whom; what is trained just now; and forgetting somebody.

import { may } from "./js/api.js";
import * as forgetting from "./js/models/forgetting.js";
import * as list from "./js/models/list.js";
import * as trainings from "./js/models/trainings.js";
import { start } from "./js/screen.js";

start("models", () => {
  list.draw();
  trainings.draw();
  window.jQuery("#forget").prop("hidden", !may("admin"));
  if (may("admin")) forgetting.draw();
});
