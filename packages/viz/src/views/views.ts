import { check } from "../checks/checked.ts";
import { fields, func, listOf, string, strings } from "../checks/fit.ts";
import type { Description } from "../description/types.ts";
import { attention } from "./attention.ts";
import { components } from "./components.ts";
import { distribution } from "./distribution.ts";
import { embedding } from "./embedding.ts";
import { feature } from "./feature.ts";
import { graph } from "./graph.ts";
import { imageScores } from "./image-scores.ts";
import { lens } from "./lens.ts";
import { patching } from "./patching.ts";
import { stream } from "./stream.ts";
import { tokenScores } from "./token-scores.ts";
import { tree } from "./tree.ts";

/** A view with the axes of the captures that it can show. */
export interface ViewOffer {
  readonly name: string;
  /** Axes that a site declares, outermost first; none for views that take something else. */
  readonly axes: readonly (readonly string[])[];
  /** Its own data differ from view to view: a caller who takes it from a list knows which it is by its name. */
  readonly view: (data: never) => Description;
}

/** Every view that is built in, in alphabetical order. */
export const VIEWS: readonly ViewOffer[] = [
  { name: "attention", axes: [["batch", "head", "dest", "src"]], view: attention },
  { name: "components", axes: [], view: components },
  {
    name: "distribution",
    axes: [
      ["batch", "pos", "dModel"],
      ["batch", "pos", "dMlp"],
    ],
    view: distribution,
  },
  { name: "embedding", axes: [], view: embedding },
  { name: "feature", axes: [], view: feature },
  { name: "graph", axes: [], view: graph },
  { name: "imageScores", axes: [], view: imageScores },
  { name: "lens", axes: [["batch", "pos", "dModel"]], view: lens },
  { name: "patching", axes: [], view: patching },
  { name: "stream", axes: [], view: stream },
  {
    name: "tokenScores",
    axes: [
      ["batch", "pos"],
      ["batch", "pos", "dModel"],
    ],
    view: tokenScores,
  },
  { name: "tree", axes: [], view: tree },
];

/**
 * The views that can show a capture of a site with these axes; others' are given as a list.
 *
 * @example
 * viewsFor(["batch", "head", "dest", "src"]).map(({ name }) => name); // => ["attention"]
 */
export function viewsFor(axes: readonly string[], others: readonly ViewOffer[] = []): readonly ViewOffer[] {
  check("viewsFor", axes, strings, "axes");
  check("viewsFor", others, listOf(fields({ name: string, axes: listOf(strings), view: func })), "others");
  return [...VIEWS, ...others].filter((offer) =>
    offer.axes.some((own) => own.length === axes.length && own.every((name, i) => name === axes[i])),
  );
}
