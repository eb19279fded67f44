import { defineElement, linkViews } from "../element/define.ts";
import { lasso } from "../element/lasso.ts";
import { pinnedLayout } from "../element/pinned.ts";
import { zoom } from "../element/zoom.ts";

// The script of pages with circuits or points.
defineElement([zoom, pinnedLayout, lasso]);
linkViews(document);
