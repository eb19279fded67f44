import { type ContextClass, defineContext, type HookingContext, option } from "@hookdict/contexts";
import { readNow } from "@hookdict/tensordict/tensors";
import { fill, max, type Tensor, tidy, where } from "@tensorflow/tfjs-core";
import { type AttentionEdges, checkEdges, edgeMask, EDGES, runOf, sitesOfLayers } from "./attention.ts";
import { rowEmptied } from "./errors.ts";

/** Options of {@link AttentionKnockout}: plain data. */
export interface AttentionKnockoutOptions extends AttentionEdges {
  /** The glob of the scores' sites, one for each layer in their order. Default `"**.hook_attn_scores"`. */
  readonly sites?: string;
}

/**
 * Cuts edges of attention: scores become -Infinity before the softmax, so that what is left of each row makes up for it. Geva et al.,
 * arXiv 2304.14767.
 *
 * @throws UsageError `OPTION_INVALID`; `LAYERS_ABSENT`, `LAYERS_SEVERAL`, `ATTENTION_SITE`, MatchError from `prepare`; ShapeError `ATTENTION_INDEX`, UsageError
 * `ATTENTION_ROW` from the run (not on WebGPU, where a row that is left without any source becomes NaN)
 * @example
 * String(new AttentionKnockout({ layers: [1, 2], from: -1, to: 3 })); // => 'AttentionKnockout(layers: [1, 2], from: -1, to: 3)'
 */
export const AttentionKnockout: ContextClass<AttentionKnockoutOptions, HookingContext, undefined> =
  defineContext({
    name: "AttentionKnockout",
    pattern: false,
    options: { ...EDGES, sites: option.string().default("**.hook_attn_scores") },
    setUp(context, { layers, sites: glob, ...chosen }) {
      checkEdges("AttentionKnockout", chosen);
      const sites = sitesOfLayers("AttentionKnockout", context.sites(glob), layers, "scores");
      context.hook({ sites }, "fwd", (scores: Tensor, info) => {
        const mask = edgeMask("AttentionKnockout", runOf(info), scores.shape, chosen);
        if (mask === undefined) return undefined;
        return tidy(() => {
          const left = where(mask, fill(scores.shape, -Infinity), scores);
          // A row without any score left would be NaN after the softmax: where the backend can, one number for each is read back.
          const best = readNow(max(left, -1));
          mask.dispose();
          const empty = Array.prototype.indexOf.call(best ?? [], -Infinity);
          if (empty >= 0)
            throw rowEmptied(
              "AttentionKnockout",
              info.site,
              (empty % (scores.shape[2] ?? 1)) + info.firstPosition,
            );
          return left;
        });
      });
    },
  });
