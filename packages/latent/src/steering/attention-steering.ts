import {
  type ContextClass,
  defineContext,
  type HookingContext,
  option,
  optionInvalid,
} from "@hookdict/contexts";
import {
  add,
  broadcastTo,
  cast,
  div,
  equal,
  fill,
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
import { refClone } from "@hookdict/tensordict/tensors";
import { type AttentionEdges, edgeMask, EDGES, sitesOfLayers } from "./attention.ts";

/** Options of {@link AttentionSteering}: plain data. */
export interface AttentionSteeringOptions extends AttentionEdges {
  /** Multiplies the chosen edges, or `value` sets them: one of the two. */
  readonly scale?: number;
  /** What the chosen edges become, from 0 to 1. */
  readonly value?: number;
  /**
   * How a changed row sums to 1 again. `"row"`: all of it is divided by its sum. `"others"`: the edges that were not chosen share what is
   * left, in proportion. `"none"`: it does not. Default `"row"`.
   */
  readonly renormalize?: "row" | "others" | "none";
  /** The glob of the patterns' sites, one for each layer in their order. Default `"**.hook_pattern"`. */
  readonly sites?: string;
}

/**
 * Makes attention look more, or less, along chosen edges: patterns after the softmax, whose rows sum to 1 again.
 *
 * @throws UsageError `OPTION_INVALID`; `LAYERS_ABSENT`, `ATTENTION_SITE`, MatchError from `prepare`; ShapeError `ATTENTION_INDEX` from the run
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
    setUp(context, { layers, heads, from, to, edges, scale, value, renormalize, sites: glob }) {
      if ((scale === undefined) === (value === undefined))
        throw optionInvalid("AttentionSteering", "scale", scale, "scale or value, one of the two");
      const sites = sitesOfLayers("AttentionSteering", context.sites(glob), layers, "patterns");
      const chosen = { heads, from, to, ...(edges !== undefined && { edges }) };
      context.hook({ sites }, "fwd", (pattern: Tensor, info) => {
        const found = edgeMask("AttentionSteering", info, pattern.shape, chosen);
        if (found === undefined) return undefined;
        return tidy(() => {
          const wanted = scale === undefined ? fill(pattern.shape, value ?? 0) : mul(pattern, scale);
          // What a causal model cannot see stays unseen.
          const seen = where(notEqual(refClone(pattern), 0), wanted, zerosLike(pattern));
          const changed = where(found.mask, seen, pattern);
          const made = renormalized(pattern, changed, found.mask, renormalize);
          found.mask.dispose();
          return made;
        });
      });
    },
  });

/** Rows that sum to 1 again; a row that has nothing left stays as it was. */
function renormalized(before: Tensor, changed: Tensor, mask: Tensor, how: "row" | "others" | "none"): Tensor {
  if (how === "none") return changed;
  const total = (of: Tensor): Tensor => sum(of, -1, true);
  const zeros = zerosLike(changed);
  if (how === "row") {
    const sums = total(changed);
    const safe = add(sums, cast(equal(refClone(sums), 0), "float32"));
    return where(broadcastTo(notEqual(refClone(sums), 0), before.shape), div(changed, safe), before);
  }
  const kept = where(mask, changed, zeros);
  const others = where(mask, zeros, changed);
  const left = maximum(sub(1, total(kept)), 0);
  const sums = total(others);
  const safe = add(sums, cast(equal(refClone(sums), 0), "float32"));
  return add(kept, mul(others, div(left, safe)));
}
