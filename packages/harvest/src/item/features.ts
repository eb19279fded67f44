import { indexDtype } from "../plan/layout.ts";
import type { PlannedFeatures } from "../plan/plan.ts";
import { bytesOf, store } from "./encode.ts";

/** Room for each position of features that are kept above a number, at first. */
const ROOM = 64;

/** Features of an item, as they are collected: compressed sparse rows over positions, as shards hold them. */
export class FeatureRows {
  readonly #planned: PlannedFeatures;
  readonly #offsets: Uint32Array;
  #indices: Uint16Array | Uint32Array;
  #values: Uint16Array;
  #positions = 0;

  /** @param positions Most that are added. */
  constructor(planned: PlannedFeatures, positions: number) {
    const { width, keep } = planned;
    this.#planned = planned;
    this.#offsets = new Uint32Array(positions + 1);
    const room = positions * Math.min(width, "topK" in keep ? keep.topK : ROOM);
    this.#indices = indexDtype(width) === "U16" ? new Uint16Array(room) : new Uint32Array(room);
    this.#values = new Uint16Array(room);
  }

  /** How many were kept. */
  get count(): number {
    return this.#offsets[this.#positions] ?? 0;
  }

  /** Adds positions: values `[positions, width]`, row after row. @throws ShapeError `HARVEST_VALUE_RANGE`. */
  add(values: ArrayLike<number>): void {
    const { width, keep, site } = this.#planned;
    for (let start = 0; start < values.length; start += width) {
      const kept =
        "topK" in keep ? largest(values, start, width, keep.topK) : above(values, start, width, keep.above);
      const at = this.count;
      this.#reserve(at + kept.length);
      this.#indices.set(kept, at);
      const found = Float32Array.from(kept, (feature) => values[start + feature] as number); // in range: found there
      store(`the features of ${site}`, "F16", found, this.#values, at);
      this.#positions++;
      this.#offsets[this.#positions] = at + kept.length;
    }
  }

  /** Bytes by name, as shards hold them. **Ownership:** they are the same memory. */
  parts(): readonly (readonly [string, Uint8Array])[] {
    const { name } = this.#planned;
    return [
      [`${name}.offsets`, bytesOf(this.#offsets.subarray(0, this.#positions + 1))],
      [`${name}.indices`, bytesOf(this.#indices.subarray(0, this.count))],
      [`${name}.values`, bytesOf(this.#values.subarray(0, this.count))],
    ];
  }

  #reserve(count: number): void {
    if (count <= this.#values.length) return;
    // By half: old and new memory together stay below three shards.
    const room = Math.max(count, Math.ceil(this.#values.length * 1.5));
    const indices = this.#indices instanceof Uint16Array ? new Uint16Array(room) : new Uint32Array(room);
    indices.set(this.#indices);
    this.#indices = indices;
    const values = new Uint16Array(room);
    values.set(this.#values);
    this.#values = values;
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
