import type { Direction, Site } from "@hookdict/core";
import { knockoutSite } from "../../errors.ts";

const SCORES = "hook_attn_scores";

/**
 * Refuses a knockout where the value is known to be something else than scores: after the softmax, -Infinity would make
 * everything NaN.
 *
 * @throws UsageError `KNOCKOUT_SITE`, which names the site that was meant.
 */
export function checkKnockoutSite(site: Site, direction: Direction, sites: readonly Site[]): void {
  const reason = reasonAgainst(site, direction);
  if (reason === undefined) return;
  const scores = sites.filter(({ segments }) => segments.at(-1) === SCORES).map(({ path }) => path);
  const beside = [...site.segments.slice(0, -1), SCORES].join(".");
  throw knockoutSite(site, reason, scores.includes(beside) ? [beside] : scores);
}

function reasonAgainst({ segments, axes, type }: Site, direction: Direction): string | undefined {
  if (direction.startsWith("bwd")) return "in a backward direction is a gradient";
  if (segments.at(-1) === "hook_pattern") return "is the pattern that the softmax has made of them";
  if (type === "Softmax" && !direction.startsWith("fwd_pre")) return "is the output of a softmax";
  if (axes !== undefined && (axes.at(-1) !== "src" || axes.at(-2) !== "dest"))
    return `has the axes ${axes.join(", ")}, not dest and src at the end`;
  return undefined;
}
