import { indexDtype } from "../plan/layout.ts";
import type { PlannedFeatures } from "../plan/plan.ts";
import { bytesOf, store } from "./encode.ts";

/** Features of an item, as they are collected: compressed sparse rows over positions. */
export class FeatureRows {
  readonly #planned: PlannedFeatures;
  readonly #offsets: number[] = [0];
  readonly #indices: number[] = [];
  readonly #values: number[] = [];

  constructor(planned: PlannedFeatures) {
    this.#planned = planned;
  }

  /** How many were kept. */
  get count(): number {
    return this.#indices.length;
  }

  /** Adds positions: values `[positions, width]`, row after row. */
  add(values: ArrayLike<number>): void {
    const { width, keep } = this.#planned;
    for (let start = 0; start < values.length; start += width) {
      const kept =
        "topK" in keep ? largest(values, start, width, keep.topK) : above(values, start, width, keep.above);
      for (const feature of kept) {
        this.#indices.push(feature);
        this.#values.push(values[start + feature] as number); // in range: found there
      }
      this.#offsets.push(this.#indices.length);
    }
  }

  /** Bytes by name, as shards hold them. @throws ShapeError `HARVEST_VALUE_RANGE`. */
  parts(): readonly (readonly [string, Uint8Array])[] {
    const { name, width, site } = this.#planned;
    const indices =
      indexDtype(width) === "U16" ? Uint16Array.from(this.#indices) : Uint32Array.from(this.#indices);
    const values = new Uint16Array(this.count);
    store(`the features of ${site}`, "F16", this.#values, values, 0);
    return [
      [`${name}.offsets`, bytesOf(Uint32Array.from(this.#offsets))],
      [`${name}.indices`, bytesOf(indices)],
      [`${name}.values`, bytesOf(values)],
    ];
  }
}

function above(values: ArrayLike<number>, start: number, width: number, least: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < width; i++) if ((values[start + i] as number) > least) kept.push(i);
  return kept;
}

/** The `count` largest above 0, by rising index; of equal ones the first. */
function largest(values: ArrayLike<number>, start: number, width: number, count: number): number[] {
  const kept = above(values, start, width, 0);
  if (kept.length <= count) return kept;
  const value = (i: number): number => values[start + i] as number;
  kept.sort((a, b) => value(b) - value(a) || a - b);
  return kept.slice(0, count).sort((a, b) => a - b);
}
