// What every page of the portal has. None of them needs it.

import "./times.js";
import "./menus.js";
