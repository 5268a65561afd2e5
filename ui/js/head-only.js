// A page that is not there, and the API's documentation: they have the head of all screens and
// nothing else to do.

import "./languages.js";
import * as pageHead from "./page-head.js";
import * as session from "./session.js";

pageHead.draw(document.body.dataset.screen ?? "");
session.start(() => {}).catch(() => {}); // without a server there is still the way back
