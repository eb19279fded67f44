import { select } from "d3-selection";
import { zoom as d3zoom } from "d3-zoom";
import type { Extra } from "./extra.ts";

const READY = new WeakSet<Element>();

/** Wheel, drag and pinch on circuits: the drawing in the group `zoom` is moved and scaled. */
export const zoom: Extra = (_, root) => {
  for (const group of root.querySelectorAll(".zoom > g")) {
    const canvas = group.closest(".canvas");
    if (canvas === null || READY.has(canvas)) continue;
    READY.add(canvas);
    const behaviour = d3zoom<Element, unknown>()
      .scaleExtent([0.5, 8])
      .duration(0)
      // Scrolling goes on over a picture; with the Ctrl key, or two fingers, it zooms.
      .filter((event: WheelEvent & { readonly touches?: { readonly length: number } }) =>
        event.type === "wheel" ? event.ctrlKey : (event.touches?.length ?? 2) > 1,
      )
      .on("zoom", ({ transform }: { readonly transform: { toString(): string } }) => {
        // The group is looked up anew: the next drawing may have another.
        canvas.querySelector(".zoom > g")?.setAttribute("transform", transform.toString());
      });
    select(canvas).call(behaviour);
  }
};
