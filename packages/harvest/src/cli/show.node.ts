import { formatBytes } from "@hookdict/tensordict";
import type { HarvestProgress } from "../run/progress.ts";
import type { HarvestStatus } from "../upkeep/status.ts";

/** A span of time in words. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Progress in one line. */
export function progressLine(progress: HarvestProgress): string {
  const { done, dead, total, bytes, tokensPerSecond, etaSeconds } = progress;
  const parts = [
    `${done} of ${total} items`,
    ...(dead > 0 ? [`${dead} dead`] : []),
    formatBytes(bytes),
    `${Math.round(tokensPerSecond)} tokens/s`,
    ...(done + dead < total ? [`${formatSeconds(etaSeconds)} left`] : []),
  ];
  return parts.join(", ");
}

/** A status in one line. */
export function statusLine(status: HarvestStatus): string {
  const { items, committed, dead, pending, bytes, tokens, engine } = status;
  const queue =
    engine === undefined
      ? ""
      : `; queue: ${engine.waiting} waiting, ${engine.active} active, ${engine.dead} dead`;
  return `${committed} of ${items} items committed, ${pending} pending, ${dead} dead; ${tokens} tokens, ${formatBytes(bytes)}${queue}`;
}
