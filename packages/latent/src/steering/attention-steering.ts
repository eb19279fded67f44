import {
  type ContextClass,
  defineContext,
  type HookingContext,
  option,
  optionInvalid,
} from "@hookdict/contexts";
import type { HookInfo } from "@hookdict/core";
import { readNow, refClone } from "@hookdict/tensordict/tensors";
import {
  add,
  any,
  broadcastTo,
  cast,
  div,
  equal,
  fill,
  logicalAnd,
  maximum,
  mul,
  notEqual,
  sub,
  sum,
  type Tensor,
  tidy,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { type AttentionEdges, checkEdges, edgeMask, EDGES, runOf, sitesOfLayers } from "./attention.ts";
import { rowEmptied } from "./errors.ts";

/** Options of {@link AttentionSteering}: plain data. */
export interface AttentionSteeringOptions extends AttentionEdges {
  /** Multiplies the chosen edges, or `value` sets them: one of the two. */
  readonly scale?: number;
  /** What the chosen edges become, from 0 to 1. */
  readonly value?: number;
  /**
   * How a changed row sums to 1 again. `"row"`: all of it is divided by its sum. `"others"`: the edges that were not chosen share what is
   * left, in proportion; where nothing is left, or there are no others, all of it is divided. `"none"`: it does not. Default `"row"`.
   */
  readonly renormalize?: "row" | "others" | "none";
  /** The glob of the patterns' sites, one for each layer in their order. Default `"**.hook_pattern"`. */
  readonly sites?: string;
}

/**
 * Makes attention look more, or less, along chosen edges: patterns after the softmax, whose rows sum to 1 again.
 *
 * @throws UsageError `OPTION_INVALID`; `LAYERS_ABSENT`, `LAYERS_SEVERAL`, `ATTENTION_SITE`, MatchError from `prepare`; ShapeError
 * `ATTENTION_INDEX`, UsageError `ATTENTION_ROW` from the run (not on WebGPU, where a row that has nothing left is zero)
 * @example
 * String(new AttentionSteering({ heads: 2, to: 0, scale: 3 })); // => 'AttentionSteering(heads: 2, to: 0, scale: 3)'
 */
export const AttentionSteering: ContextClass<AttentionSteeringOptions, HookingContext, undefined> =
  defineContext({
    name: "AttentionSteering",
    pattern: false,
    options: {
      ...EDGES,
      scale: option.number({ min: 0 }),
      value: option.number({ min: 0, max: 1 }),
      renormalize: option.oneOf("row", "others", "none").default("row"),
      sites: option.string().default("**.hook_pattern"),
    },
    setUp(context, { layers, scale, value, renormalize, sites: glob, ...chosen }) {
      if ((scale === undefined) === (value === undefined))
        throw optionInvalid("AttentionSteering", "scale", scale, "scale or value, one of the two");
      checkEdges("AttentionSteering", chosen);
      const sites = sitesOfLayers("AttentionSteering", context.sites(glob), layers, "patterns");
      context.hook({ sites }, "fwd", (pattern: Tensor, info) => {
        const mask = edgeMask("AttentionSteering", runOf(info), pattern.shape, chosen);
        if (mask === undefined) return undefined;
        return tidy(() => {
          const wanted = scale === undefined ? fill(pattern.shape, value ?? 0) : mul(pattern, scale);
          // What a causal model cannot see stays unseen.
          const seen = where(notEqual(refClone(pattern), 0), wanted, zerosLike(pattern));
          const changed = where(mask, seen, pattern);
          const rows = any(mask, -1, true);
          const made = renormalize === "none" ? changed : renormalized(changed, mask, rows, renormalize);
          mask.dispose();
          if (renormalize !== "none") refuseEmptied(info, pattern, made, rows);
          return made;
        });
      });
    },
  });

/** Changed rows sum to 1 again, as far as they have anything left; others are as they were. */
function renormalized(changed: Tensor, mask: Tensor, rows: Tensor, how: "row" | "others"): Tensor {
  const divided = (of: Tensor): Tensor => {
    const sums = sum(of, -1, true);
    return div(of, add(sums, cast(equal(refClone(sums), 0), "float32")));
  };
  if (how === "row") return where(broadcastTo(rows, changed.shape), divided(changed), changed);
  const zeros = zerosLike(changed);
  const kept = where(mask, changed, zeros);
  const left = maximum(sub(1, sum(kept, -1, true)), 0);
  const shared = add(kept, mul(divided(where(mask, zeros, changed)), left));
  // Where the chosen edges have more than all, or no other edge can take what is left, the whole row is divided.
  return where(broadcastTo(rows, changed.shape), divided(shared), changed);
}

/** Reads a number for each row, where the backend can. @throws UsageError `ATTENTION_ROW` */
function refuseEmptied(info: HookInfo, before: Tensor, after: Tensor, rows: Tensor): void {
  const had = notEqual(sum(before, -1, true), 0);
  const emptied = logicalAnd(logicalAnd(rows, had), equal(sum(after, -1, true), 0));
  const at = Array.prototype.indexOf.call(readNow(cast(emptied, "int32")) ?? [], 1);
  if (at < 0) return;
  throw rowEmptied("AttentionSteering", info.site, (at % (before.shape[2] ?? 1)) + info.firstPosition);
}
