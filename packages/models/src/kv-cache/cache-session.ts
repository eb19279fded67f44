import { counted, showAsText } from "@hookdict/tensordict";
import type { KeyValueCache } from "./cache.ts";
import { shown } from "@hookdict/tensordict";
import { checkCache, checkCount, checkOptions, checkSequence } from "./checks.ts";
import { CacheError, cacheOption, noSlot, reprocess } from "./errors.ts";

/** One input of a sequence: a token, or one that begins a group which must stay together. */
export type SessionInput = number | { readonly token: number; readonly sameBatch: number };

/** Options of a {@link CacheSession}. */
export interface CacheSessionOptions {
  /** Most inputs of one sequence. */
  readonly context: number;
  /** Sequences side by side. Default 1. */
  readonly slots?: number;
  /**
   * Whether conversations of several users take turns: a prompt then goes to the slot that was used longest ago, and what it
   * shares with another slot is forked from there. Default: true when there are several slots.
   */
  readonly isShared?: boolean;
}

/** A sequence of the cache and what it holds. */
export interface CacheSlot {
  /** The cache's number of the sequence. */
  readonly sequence: number;
  /** What the cache holds of it. */
  readonly inputs: readonly SessionInput[];
  readonly isInUse: boolean;
}

/** Where a prompt goes. */
export interface LoadedPrompt {
  readonly slot: CacheSlot;
  /** What of the prompt must still be computed, at least its last input: it begins at position `slot.inputs.length`. */
  readonly remaining: readonly SessionInput[];
}

interface Slot extends CacheSlot {
  inputs: readonly SessionInput[];
  isInUse: boolean;
  lastUsed: number;
}

/**
 * Prompts one after the other on one cache: each takes the sequence that shares the longest beginning with it, and only
 * the rest must be computed. A sequence that has become too long can lose inputs from its middle.
 *
 * **Ownership:** *borrows* the cache.
 *
 * @throws UsageError `CACHE_OPTION`.
 *
 * @example
 * using cache = new CausalCache({ capacity: 16 });
 * const session = new CacheSession(cache, { context: 16 });
 * const first = session.load([5, 6, 7]);
 * cache.startForward({ positions: [0, 1, 2] }); // and the model runs
 * session.append(first.slot, first.remaining);
 * session.release(first.slot);
 * session.load([5, 6, 9]).remaining; // => [9]
 */
export class CacheSession {
  static {
    showAsText(
      this,
      (session) =>
        `CacheSession of ${counted(session.#slots.length, "slot")}, ${counted(session.#context, "column")} each`,
    );
  }

  readonly #cache: KeyValueCache;
  readonly #context: number;
  readonly #isShared: boolean;
  readonly #slots: readonly Slot[];
  #clock = 0;

  constructor(cache: KeyValueCache, options: CacheSessionOptions) {
    checkCache("cache", cache);
    checkOptions(options, "{ context: 128 }");
    const { context, slots = 1, isShared = slots > 1 } = options;
    checkCount("context", context);
    checkCount("slots", slots);
    this.#cache = cache;
    this.#context = context;
    this.#isShared = isShared;
    this.#slots = Array.from({ length: slots }, (_, sequence) => {
      return { sequence, inputs: [], isInUse: false, lastUsed: 0 };
    });
  }

  get slots(): readonly CacheSlot[] {
    return this.#slots;
  }

  /**
   * Chooses a slot for a prompt and takes it into use. The cache forgets what the slot held behind the common beginning.
   *
   * @param options `reuse: false` computes everything anew.
   * @throws CacheError `CACHE_NO_SLOT` when all are in use; UsageError `CACHE_OPTION` for an empty prompt.
   */
  load(prompt: readonly SessionInput[], options: { readonly reuse?: boolean } = {}): LoadedPrompt {
    checkInputs("prompt", prompt);
    checkOptions(options, "{ reuse: false }");
    const { reuse = true } = options;
    if (prompt.length === 0) throw cacheOption("prompt", "at least one input", "empty");
    const found = this.#isShared ? this.#oldest(prompt) : this.#longest(prompt);
    if (found === undefined) throw noSlot(this.#slots.length);
    const { slot } = found;
    // The last input is always computed: its logits are wanted.
    let past = reuse ? Math.min(found.common, prompt.length - 1) : 0;
    if (past > 0 && !this.#cache.canResume(slot.sequence, past)) past = 0;
    this.#cache.remove(slot.sequence, past);
    slot.inputs = slot.inputs.slice(0, past);
    slot.isInUse = true;
    slot.lastUsed = ++this.#clock;
    return { slot, remaining: prompt.slice(past) };
  }

  /** Notes that inputs of a slot were computed and stored. @throws UsageError `CACHE_OPTION` for more than the context. */
  append(slot: CacheSlot, inputs: readonly SessionInput[]): void {
    checkInputs("inputs", inputs);
    const own = this.#own(slot);
    const length = own.inputs.length + inputs.length;
    if (length > this.#context) throw cacheOption("inputs of a slot", `at most ${this.#context}`, length);
    own.inputs = [...own.inputs, ...inputs];
  }

  /** The slot may be given to other prompts. What it holds stays, to be reused. */
  release(slot: CacheSlot): void {
    this.#own(slot).isInUse = false;
  }

  /**
   * How many inputs after the first `keep` must go so that half of the rest is free: whole groups, and 0 when enough is
   * free.
   */
  discardCount(slot: CacheSlot, keep: number): number {
    checkSequence("keep", keep);
    const { inputs } = this.#own(slot);
    const target = Math.max(Math.trunc((this.#context - keep) / 2), 1);
    let free = this.#context - inputs.length;
    let discard = 0;
    let together = 0;
    for (const input of inputs.slice(keep)) {
      if (together <= 0 && free >= target) break;
      together--;
      free++;
      discard++;
      if (typeof input !== "number" && input.sameBatch > 0) together = input.sameBatch;
    }
    return discard;
  }

  /**
   * Makes room in a slot: keeps its first `keep` inputs, discards what follows, moves the rest down.
   *
   * @throws CacheError `CACHE_REPROCESS` where the cache cannot: then the slot is empty, and `fields.inputs` are to be
   * computed again; UsageError `CACHE_OPTION` when `keep` is no less than the context.
   */
  shift(slot: CacheSlot, keep: number): void {
    checkSequence("keep", keep);
    if (keep >= this.#context) throw cacheOption("keep", `less than the context of ${this.#context}`, keep);
    const own = this.#own(slot);
    const discard = this.discardCount(slot, keep);
    if (discard <= 0) return;
    const kept = [...own.inputs.slice(0, keep), ...own.inputs.slice(keep + discard)];
    try {
      this.#cache.remove(own.sequence, keep, keep + discard);
    } catch (cause) {
      this.#cache.remove(own.sequence, 0);
      own.inputs = [];
      if (!(cause instanceof CacheError)) throw cause;
      throw reprocess(own.sequence, kept, cause);
    }
    own.inputs = kept;
  }

  /** The free slot that shares most with the prompt. */
  #longest(prompt: readonly SessionInput[]): { slot: Slot; common: number } | undefined {
    return longestOf(
      this.#slots.filter((slot) => !slot.isInUse),
      prompt,
    );
  }

  /** A free slot that is a beginning of the prompt, or else the oldest free one, with what is shared forked into it. */
  #oldest(prompt: readonly SessionInput[]): { slot: Slot; common: number } | undefined {
    const longest = longestOf(this.#slots, prompt);
    const isBeginning = longest?.common === longest?.slot.inputs.length;
    if (longest !== undefined && isBeginning && !longest.slot.isInUse) return longest;
    const free = this.#slots.filter((slot) => !slot.isInUse);
    if (free.length === 0 || longest === undefined) return undefined;
    const slot = free.reduce((a, b) => (b.lastUsed < a.lastUsed ? b : a));
    const { common } = longest;
    if (longest.slot === slot) return longest;
    this.#cache.copyPrefix(longest.slot.sequence, slot.sequence, common);
    slot.inputs = longest.slot.inputs.slice(0, common);
    return { slot, common };
  }

  #own(slot: CacheSlot): Slot {
    const own = this.#slots.find((each) => each === slot);
    if (own === undefined) throw cacheOption("slot", "one of this session's", shown(slot));
    return own;
  }
}

/** @throws UsageError `CACHE_OPTION` */
function checkInputs(name: string, inputs: unknown): void {
  const isInput = (input: unknown): boolean =>
    typeof input === "number" || (typeof input === "object" && input !== null && "sameBatch" in input);
  if (!Array.isArray(inputs) || !inputs.every(isInput))
    throw cacheOption(name, "a list of tokens, or of { token, sameBatch }", inputs);
}

function longestOf(
  slots: readonly Slot[],
  prompt: readonly SessionInput[],
): { slot: Slot; common: number } | undefined {
  let best: { slot: Slot; common: number } | undefined;
  for (const slot of slots) {
    const common = commonPrefix(slot.inputs, prompt);
    if (best === undefined || common > best.common) best = { slot, common };
  }
  return best;
}

function commonPrefix(a: readonly SessionInput[], b: readonly SessionInput[]): number {
  const differs = a.findIndex((input, i) => tokenOf(input) !== tokenOf(b[i]));
  return differs === -1 ? a.length : differs;
}

function tokenOf(input: SessionInput | undefined): number | undefined {
  return typeof input === "object" ? input.token : input;
}
