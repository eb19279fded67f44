import { fields, func, maybe, strings } from "../checks/fit.ts";
import { DESCRIPTION } from "../checks/shapes.ts";
import type { Overview } from "../windows/overview.ts";
import { wanted } from "../windows/wanted.ts";
import { type MatrixWindow, placed, type WindowRequest } from "../windows/window.ts";
import type { ViewElement } from "./element.ts";
import { download } from "./exports.ts";
import { hasMethods, onPage } from "./on-page.ts";

/** Who has the exact numbers of a picture: a worker, or a server. */
export interface WindowSource {
  readonly overview: Overview;
  /** A part of a matrix, as `windowOf` gives it. What is refused stays as the overview has it. */
  window(request: WindowRequest): Promise<MatrixWindow>;
  /** The picture as an exact file; nothing is offered where it is refused. */
  file?(kind: "csv" | "json"): Promise<Blob>;
}

interface Asked {
  readonly request: WindowRequest;
  readonly key: string;
  readonly window: MatrixWindow | undefined;
}

function show(element: ViewElement, source: WindowSource): () => void {
  const { description, windows } = source.overview;
  const asked = new Map<string, Asked>();
  let isOver = false;
  const draw = (): void => {
    const there = [...asked.values()].flatMap(({ window }) => window ?? []);
    element.description = there.reduce(placed, description);
  };
  const ask = (): void => {
    let isGone = false;
    for (const id of windows) {
      const request = wanted(description, id, element.state);
      const [key, old] = [JSON.stringify(request), asked.get(id)];
      if (old?.key === key) continue;
      // What is there of another facet would be taken for this one's: until that comes, the thumbnail is shown.
      const isSame = JSON.stringify(old?.request.at) === JSON.stringify(request.at);
      isGone ||= old?.window !== undefined && !isSame;
      asked.set(id, { request, key, window: isSame ? old?.window : undefined });
      const put = (window: MatrixWindow): void => {
        if (isOver || asked.get(id)?.key !== key) return;
        asked.set(id, { request, key, window });
        draw();
      };
      // Why something is refused, is known to who has the numbers.
      void source.window(request).then(put, () => undefined);
    }
    if (isGone) draw();
  };
  const file = (event: Event): void => {
    const { kind } = (event as CustomEvent<{ readonly kind: string }>).detail; // of view-export
    if (source.file === undefined || (kind !== "csv" && kind !== "json")) return;
    event.preventDefault();
    const offer = (blob: Blob): void => download(blob, `${description.view}.${kind}`);
    void source.file(kind).then(offer, () => undefined); // the same
  };
  draw();
  ask();
  element.addEventListener("view-state", ask);
  if (windows.length > 0) element.addEventListener("view-export", file);
  return () => {
    isOver = true;
    element.removeEventListener("view-state", ask);
    element.removeEventListener("view-export", file);
  };
}

/**
 * Shows a picture whose exact numbers are elsewhere: it is drawn from its overview at once, and asks for the parts of large
 * matrices that its reader looks at, and for its files. Gives what ends that.
 *
 * @throws ViewError `NO_PAGE`, `VIEW_DATA`
 */
export const showWindows: (element: ViewElement, source: WindowSource) => () => void = /* @__PURE__ */ onPage(
  "showWindows",
  show,
  {
    element: hasMethods("a <hookdict-view>", "follow", "addEventListener"),
    source: fields({
      overview: fields({ description: DESCRIPTION, windows: strings }),
      window: func,
      file: maybe(func),
    }),
  },
);
