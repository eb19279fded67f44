import { checkArgument } from "@hookdict/tensordict";
import type { TransformerConfig } from "./config.ts";
import { dependsOnLength } from "./rotary.ts";

/**
 * Whether what a model computes at a position depends on what follows: in encoders, where angles are scaled by the longest row, and
 * where distances are counted from the last position. Elsewhere a prompt may end behind the last position that is read.
 *
 * @throws UsageError `ARGUMENT_INVALID`
 * @example no-run
 * looksAhead(model.config); // => false
 */
export function looksAhead(config: TransformerConfig): boolean {
  checkArgument("looksAhead", "config", config, "a record");
  const { isCausal, blocks } = config;
  checkArgument("looksAhead", "config.blocks", blocks, "a list");
  for (const block of blocks)
    checkArgument("looksAhead", "a block's attention", Object(block).attention, "a record");
  return (
    !isCausal ||
    blocks.some(
      ({ attention: { isCausal: isMasked, rotary, alibi } }) =>
        !isMasked || (rotary !== undefined && dependsOnLength(rotary)) || alibi?.origin === "last",
    )
  );
}
