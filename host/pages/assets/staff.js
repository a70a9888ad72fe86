// What every page of staff has.

import "./times.js";
import "./toast.js";
import "./send.js";
import "./copy.js";
import "./bell.js";
import "./menus.js";
