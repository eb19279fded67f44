import {
  type CacheState,
  CausalCache,
  type CellState,
  ChunkedCache,
  EncoderCache,
  type EncoderState,
  type KeyShift,
  type KeyValueCache,
  SlidingWindowCache,
  WrapperCache,
} from "@hookdict/models";
import { add, clone, tensor3d } from "@tensorflow/tfjs-core";

/** Which cache a case is about. A limit of 0, or one that is not there, is none. */
export interface CacheSpec {
  readonly kind: "causal" | "swa" | "swamem" | "chunked" | "encoder" | "wrapper";
  readonly window?: number;
  readonly memory?: number;
  readonly chunk?: number;
  readonly shift?: keyof typeof SHIFTS;
  readonly children?: readonly CacheSpec[];
}

/** One operation, with what it must give. Shapes have the first dimension fastest. */
export interface Step {
  readonly op:
    "forward" | "layer" | "reserve" | "setCausal" | "copyPrefix" | "remove" | "canResume" | "encoderCached";
  readonly name?: string;
  readonly in?: readonly number[];
  readonly inShape?: readonly number[];
  readonly vIn?: readonly number[];
  readonly vInShape?: readonly number[];
  readonly pos?: number | readonly number[];
  readonly seqs?: readonly number[];
  readonly multimodal?: readonly number[];
  readonly layer?: number;
  readonly layerType?: number;
  readonly except?: readonly number[];
  readonly seq?: number;
  readonly begin?: number;
  readonly end?: number | null;
  readonly src?: number;
  readonly dst?: number;
  readonly len?: number;
  readonly expected?: readonly number[];
  readonly expectedShape?: readonly number[];
  readonly expectedV?: readonly number[];
  readonly expectedVShape?: readonly number[];
  readonly expectedVPermuted?: readonly number[];
  readonly expectedMask?: readonly (number | null)[] | null;
  readonly expectedMaskShape?: readonly number[];
  readonly expectedResult?: boolean;
  readonly error?: string | null;
  readonly throws?: string;
  readonly state?: unknown;
  /** Whether a removal before it failed. */
  readonly isAfterFailure?: boolean;
}

/** One acceptance case. */
export interface Case {
  readonly name: string;
  /** "contiguous" for what an older form of the original gave. */
  readonly semantics?: string;
  readonly cache: CacheSpec;
  readonly init: { readonly maxSequences: number; readonly capacity: number; readonly maxBatch: number };
  readonly config?: { readonly cachePadding?: number };
  readonly initThrows?: string;
  readonly steps: readonly Step[];
}

/** Shift functions that cases name. */
export const SHIFTS: Readonly<Record<"none" | "add" | "identity" | "error", KeyShift | undefined>> = {
  none: undefined,
  add: (_layer, keys, offsets) => {
    const moved = tensor3d([...offsets], [offsets.length, 1, 1]);
    const result = add(keys, moved);
    moved.dispose();
    return result;
  },
  identity: (_layer, keys) => clone(keys),
  error: () => {
    throw new Error("shift failed");
  },
};

/** The cache that a case is about. */
export function makeCache(
  spec: CacheSpec,
  { init, config = {} }: Pick<Case, "init" | "config">,
  permutedValues: boolean,
): KeyValueCache {
  const shift = SHIFTS[spec.shift ?? "none"];
  const options = { ...init, ...config, permutedValues, ...(shift === undefined ? {} : { shift }) };
  const window = limit(spec.window);
  switch (spec.kind) {
    case "causal":
      return new CausalCache(options);
    case "swa":
      return new SlidingWindowCache({ ...options, window });
    case "swamem": {
      const memory = spec.memory === undefined || spec.memory === 0 ? window : spec.memory;
      return new SlidingWindowCache({ ...options, window, memory });
    }
    case "chunked": {
      const chunk = limit(spec.chunk);
      return chunk === Infinity ? new CausalCache(options) : new ChunkedCache({ ...options, chunk });
    }
    case "encoder":
      return new EncoderCache(options);
    case "wrapper":
      return new WrapperCache(
        (spec.children ?? []).map((child) => makeCache(child, { init, config }, permutedValues)),
      );
    default:
      throw new Error(`there is no cache of kind ${String(spec.kind)}`);
  }
}

function limit(given: number | undefined): number {
  return given === undefined || given === 0 ? Infinity : given;
}

/** State in the form in which cases write it. */
export function stateOf(state: CacheState): unknown {
  if (Array.isArray(state)) return state.map((each: CacheState) => stateOf(each));
  if ("cached" in state) {
    const { cached, position }: EncoderState = state;
    return { cached, pos: position };
  }
  const { cells, current, ranges, size } = state as CellState; // neither a list nor an encoder's
  const end = (min: number): number | null => (min === Infinity ? null : min);
  return {
    cells: cells.map(({ index, position, sequences }) => [index, position, [...sequences]]),
    cur: [end(current.min), current.max],
    ranges: Object.fromEntries([...ranges].map(([key, { min, max }]) => [String(key), [end(min), max]])),
    size,
  };
}
