import { seededRandom } from "@hookdict/tensordict";
import type { Block } from "./window.ts";

/** In which order units are read: blocks, some of which make a window, and the units of each window. */
export interface ReadOrder {
  readonly windows: number;
  /** Units of all windows. */
  readonly total: number;
  readonly isShuffled: boolean;
  /** The blocks of a window. */
  blocks(window: number): readonly Block[];
  /** The order of a window's units; `undefined`: as they are. */
  units(window: number, count: number): Uint32Array | undefined;
}

/** What an order is made of. */
export interface OrderParts {
  /** Items in order; all but the last have as many units as the first. */
  readonly items: readonly number[];
  readonly unitsOf: (item: number) => number;
  /** Units of a block, and blocks of a window. */
  readonly block: number;
  readonly blocksPerWindow: number;
  readonly seed: number | undefined;
}

/** An order that its parts determine. Nothing is read, and no more is held than four bytes a block. */
export function readOrder({ items, unitsOf, block, blocksPerWindow, seed }: OrderParts): ReadOrder {
  const first = items[0];
  const perItem = first === undefined ? 1 : Math.max(1, Math.ceil(unitsOf(first) / block));
  const last = items.at(-1);
  const count = last === undefined ? 0 : (items.length - 1) * perItem + Math.ceil(unitsOf(last) / block);
  const drawn = seed === undefined ? undefined : permutation(count, seed);
  const blockAt = (place: number): Block => {
    const index = drawn === undefined ? place : (drawn[place] ?? 0);
    const item = items[Math.floor(index / perItem)] ?? 0;
    const from = (index % perItem) * block;
    return { item, from, to: Math.min(unitsOf(item), from + block) };
  };
  return {
    windows: Math.ceil(count / blocksPerWindow),
    total: items.reduce((sum, item) => sum + unitsOf(item), 0),
    isShuffled: seed !== undefined,
    blocks: (window) => {
      const start = window * blocksPerWindow;
      const length = Math.min(blocksPerWindow, count - start);
      const blocks = Array.from({ length }, (_, i) => blockAt(start + i));
      return seed === undefined ? blocks : joined(blocks);
    },
    // Another seed for each window, which does not depend on the windows before.
    units: (window, units) =>
      seed === undefined ? undefined : permutation(units, (seed ^ Math.imul(window + 1, 0x9e3779b1)) >>> 0),
  };
}

/** Blocks as they lie, neighbours as one: a window's units are drawn in an order of their own anyway. */
function joined(blocks: readonly Block[]): Block[] {
  const all: { item: number; from: number; to: number }[] = [];
  for (const block of [...blocks].sort((a, b) => a.item - b.item || a.from - b.from)) {
    const last = all.at(-1);
    if (last?.item === block.item && last.to === block.from) last.to = block.to;
    else all.push({ ...block });
  }
  return all;
}

/** Numbers below `count` in an order drawn by a seed (Fisher and Yates). */
function permutation(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = seededRandom(seed);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const held = order[last] as number; // both in range
    order[last] = order[other] as number;
    order[other] = held;
  }
  return order;
}
