import { DRAWN } from "../checks/shapes.ts";
import * as dom from "./dom.ts";
import { hasMethods, onPage } from "./on-page.ts";

/** {@link dom.render} @throws ViewError `NO_PAGE`, `VIEW_DATA` */
export const render: typeof dom.render = /* @__PURE__ */ onPage("render", dom.render, {
  drawn: DRAWN,
  place: hasMethods("an element, or a shadow root", "insertBefore"),
});
