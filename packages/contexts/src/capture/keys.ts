import { argumentInvalid } from "@hookdict/tensordict";
import { captureKey, type Direction, type HookTarget } from "@hookdict/core";
import type { TensorDict } from "@hookdict/tensordict";
import type { CaptureOptions, Passes } from "./options.ts";

type CaptureKey = readonly [Direction, string];

/**
 * Under which key each capture lands, and which captures are a context's own.
 *
 * In a cache that is emptied, the pass counts: `path`, `path#1`, ... In one that is not, numbers go on past those of the
 * runs before, whoever made them: nothing is overwritten.
 */
export class CaptureKeys {
  readonly #clears: boolean;
  readonly #passes: Passes;
  /** Written in the present run. A list: a capture pays for no search. */
  readonly #written: CaptureKey[] = [];
  /** Number of the present run's first pass, by place. */
  readonly #bases = new Map<string, number>();
  /** Numbers in the present run, by place and pass: hooks of one context at one pass share a key. */
  readonly #numbers = new Map<string, number>();
  /** The number after the highest one, by place. */
  readonly #next = new Map<string, number>();

  constructor({ clearCache = true, passes = "all" }: CaptureOptions) {
    this.#clears = clearCache;
    this.#passes = passes;
  }

  /** Whether a run finds nothing under a key but what it has captured itself. */
  refills(cache: TensorDict, key: CaptureKey): boolean {
    return this.#clears && (!cache.has(key) || this.#wrote(key));
  }

  /** Begins a run: empties the cache of what the run before has captured. */
  startRun(cache: TensorDict, target: HookTarget): void {
    this.#bases.clear();
    this.#numbers.clear();
    if (this.#clears) for (const key of this.#written) target.retire(cache.pop(key, undefined));
    this.#written.length = 0;
  }

  /** Forgets what was captured: the cache is another one. */
  forget(): void {
    this.#written.length = 0;
    this.#bases.clear();
    this.#numbers.clear();
    this.#next.clear();
  }

  /** The key of a pass; `undefined` when that pass is not kept. */
  of(cache: TensorDict, direction: Direction, path: string, pass: number): CaptureKey | undefined {
    if (this.#passes === "first" && pass > 0) return undefined;
    const counted = this.#passes === "all" ? pass : 0;
    const number = this.#clears ? counted : this.#number(cache, direction, path, counted);
    return captureKey(direction, path, number);
  }

  /** Notes that a capture is there. */
  wrote(key: CaptureKey): void {
    this.#written.push(key);
  }

  #wrote([direction, path]: CaptureKey): boolean {
    return this.#written.some((key) => key[0] === direction && key[1] === path);
  }

  /** The first free number from where this run begins: backward passes come last to first. */
  #number(cache: TensorDict, direction: Direction, path: string, counted: number): number {
    const place = `${direction} ${path}`;
    const known = this.#numbers.get(`${place} ${counted}`);
    if (known !== undefined) return known;
    const next = this.#next.get(place) ?? 0;
    let number = (this.#bases.get(place) ?? next) + counted;
    while (cache.has(captureKey(direction, path, number))) number++;
    this.#bases.set(place, number - counted);
    this.#numbers.set(`${place} ${counted}`, number);
    this.#next.set(place, Math.max(next, number + 1));
    return number;
  }
}

/** The path as seen from `root`: what follows it, or the whole when the site is not below it. */
export function relativePath(path: string, root: string): string {
  if (typeof path !== "string") throw argumentInvalid("relativePath", "path", path, "text");
  if (typeof root !== "string") throw argumentInvalid("relativePath", "root", root, "text");
  return root !== "" && path.startsWith(`${root}.`) ? path.slice(root.length + 1) : path;
}
