import { check } from "../checks/checked.ts";
import { count, fields, func, listOf, maybe, numbers, string, strings, type Fit } from "../checks/fit.ts";
import { TITLES } from "../checks/shapes.ts";
import type { Points } from "../blocks/points.ts";
import { plainAxis } from "../description/axes.ts";
import { describe } from "../description/describe.ts";
import type { Description, Numbers } from "../description/types.ts";
import { dataInvalid } from "../errors.ts";
import { checkSizes, type Titles, titlesOf } from "./view.ts";
import { project } from "./project.ts";

/** Items with two coordinates each. */
export interface EmbeddingData extends Titles {
  readonly labels: readonly string[];
  /** `[item, 2]` */
  readonly coordinates: Numbers;
  readonly titles?: readonly [string, string];
  readonly groups?: readonly string[];
}

const DATA: Fit = fields({
  ...TITLES,
  labels: strings,
  coordinates: numbers,
  titles: maybe(listOf(string, 2)),
  groups: maybe(strings),
});

const OPTIONS: Fit = fields({
  ...TITLES,
  labels: strings,
  vectors: fields({ shape: listOf(count()), data: func }),
  groups: maybe(strings),
});

/** More items than these are thinned, evenly, and the picture says so. */
const MOST = 100_000;

/**
 * Vectors as points: projected by `embedding.project` (principal components), or by whatever the caller takes.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: EmbeddingData): Description {
  check("embedding", data, DATA);
  const { labels, coordinates, titles = ["x", "y"], groups } = data;
  checkSizes("embedding", "coordinates", [coordinates.length], [labels.length * 2]);
  if (groups !== undefined) checkSizes("embedding", "groups", [groups.length], [labels.length]);
  const step = Math.max(1, Math.ceil(labels.length / MOST));
  const kept = labels.flatMap((_, i) => (i % step === 0 ? [i] : []));
  const block: Points = {
    block: "points",
    id: "points",
    axis: "item",
    x: Float32Array.from(kept, (i) => coordinates[i * 2] ?? Number.NaN),
    y: Float32Array.from(kept, (i) => coordinates[i * 2 + 1] ?? Number.NaN),
    titles,
    ...(groups !== undefined && { groups: kept.map((i) => groups[i] ?? "") }),
    ...(step > 1 && { of: labels.length }),
  };
  return describe({
    view: "embedding",
    ...titlesOf(data, "Embedding"),
    axes: [
      plainAxis(
        "item",
        kept.map((i) => labels[i] ?? ""),
        { at: kept },
      ),
    ],
    blocks: [block],
  });
}

/** Vectors `[item, width]` with their names. */
export interface EmbeddingOptions extends Titles {
  readonly labels: readonly string[];
  readonly vectors: { readonly shape: readonly number[]; data(): Promise<ArrayLike<number>> };
  readonly groups?: readonly string[];
}

/** Data by principal components. **Ownership:** borrows the vectors, a tensor. @throws ViewError `VIEW_DATA` */
async function read(options: EmbeddingOptions): Promise<EmbeddingData> {
  check("embedding.read", options, OPTIONS);
  const { labels, vectors, ...rest } = options;
  if (vectors.shape.length !== 2)
    throw dataInvalid(
      "embedding",
      `vectors of the shape [${vectors.shape.join(", ")}]`,
      "Needed is [item, width].",
    );
  checkSizes("embedding", "vectors", vectors.shape.slice(0, 1), [labels.length]);
  const { coordinates, shares } = project(Float32Array.from(await vectors.data()), vectors.shape[1] ?? 0);
  const name = (i: 0 | 1): string => `component ${i + 1} (${Math.round(shares[i] * 100)} % of variance)`;
  return { ...rest, labels, coordinates, titles: [name(0), name(1)] };
}

/** Vectors as points. */
export const embedding: typeof draw & { readonly read: typeof read; readonly project: typeof project } =
  Object.assign(draw, { read, project });
