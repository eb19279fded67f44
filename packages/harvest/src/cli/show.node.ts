import { formatBytes } from "@hookdict/tensordict";
import type { HarvestProgress } from "../run/progress.ts";
import type { HarvestStatus } from "../upkeep/status.ts";

/** A span of time in words. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds > 0 && seconds < 1) return "less than 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** A number of things in words. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** Progress in one line; where there is little room, without bytes, then without the rate. */
export function progressLine(progress: HarvestProgress, room: number = Infinity): string {
  const { done, dead, total, bytes, tokensPerSecond, etaSeconds } = progress;
  const size = formatBytes(bytes);
  const rate = `${Math.round(tokensPerSecond)} tokens/s`;
  const parts = [
    `${done} of ${counted(total, "item")}`,
    ...(dead > 0 ? [`${dead} dead`] : []),
    size,
    rate,
    ...(done + dead < total ? [`${formatSeconds(etaSeconds)} left`] : []),
  ];
  const tries = [[], [size], [size, rate]].map((without) =>
    parts.filter((part) => !without.includes(part)).join(", "),
  );
  return tries.find(({ length }) => length <= room) ?? (tries.at(-1) ?? "").slice(0, room);
}

/** A status in one line. */
export function statusLine(status: HarvestStatus): string {
  const { items, committed, dead, pending, bytes, tokens, engine } = status;
  const queue =
    engine === undefined
      ? ""
      : `; queue: ${engine.waiting} waiting, ${engine.active} active, ${engine.dead} dead`;
  return `${committed} of ${counted(items, "item")} committed, ${pending} pending, ${dead} dead; ${tokens} tokens, ${formatBytes(bytes)}${queue}`;
}
