import { defineElement, linkViews } from "../element/define.ts";

// The script of pages without circuits and points.
defineElement();
linkViews(document);
