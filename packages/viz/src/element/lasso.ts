import type { Points } from "../blocks/points.ts";
import { pointsInside } from "../blocks/points.ts";
import type { Extra } from "./extra.ts";

const READY = new WeakSet<Element>();

/** With the Shift key, a line drawn around points selects them: `view-select` tells their indices as `items`. */
export const lasso: Extra = (element, root) => {
  const block = element.description?.blocks.find((each): each is Points => each.block === "points");
  const grid = [...root.querySelectorAll<HTMLElement>(".grid")].find((each) =>
    each.getAttribute("aria-label")?.endsWith(`points ${block?.id}`),
  );
  if (block === undefined || grid === undefined || READY.has(grid)) return;
  READY.add(grid);
  let line: (readonly [number, number])[] | undefined;
  const place = (event: PointerEvent): readonly [number, number] => {
    const { left, top } = grid.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  grid.addEventListener("pointerdown", (event) => {
    if (event.shiftKey) line = [place(event)];
  });
  grid.addEventListener("pointermove", (event) => line?.push(place(event)));
  grid.addEventListener("pointerup", () => {
    const now = element.description?.blocks.find((each): each is Points => each.block === "points");
    if (line !== undefined && line.length > 2 && now !== undefined) {
      const items = pointsInside(now, grid.clientWidth, line);
      element.dispatchEvent(
        new CustomEvent("view-select", {
          detail: { at: {}, block: now.id, items },
          bubbles: true,
          composed: true,
        }),
      );
    }
    line = undefined;
  });
};
