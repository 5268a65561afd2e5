// The screen Activity: what was asked and answered, over time and one by one, and what people said
// about it.

import * as corrections from "./js/activity/corrections.js";
import * as log from "./js/activity/log.js";
import * as overTime from "./js/activity/over-time.js";
import { start } from "./js/screen.js";

start("activity", () => {
  overTime.draw();
  log.draw();
  corrections.draw();
});
