import type { HookEntry } from "../hooks/entry.ts";
import { headline, LINES } from "@hookdict/tensordict";

/** What an owner of hooks is, and where its hooks are, in at most one screen. */
export function formatBinding(
  description: string,
  isDisposed: boolean,
  entries: readonly HookEntry[],
): string {
  if (isDisposed) return `${headline(description)} (disposed)`;
  const sites = new Map<string, string[]>();
  for (const { port, direction } of entries) {
    const directions = sites.get(port.site.path) ?? [];
    if (!directions.includes(direction)) sites.set(port.site.path, [...directions, direction]);
  }
  const rows = [...sites].map(([path, directions]) => `${path}  ${directions.join(", ")}`);
  const shown = rows.length > LINES - 3 ? rows.slice(0, LINES - 4) : rows;
  const more = rows.length - shown.length;
  return [
    headline(description),
    `${count(entries.length, "hook")} at ${count(sites.size, "site")}`,
    ...shown.map((row) => `  ${row}`),
    ...(more > 0 ? [`  … ${more} more`] : []),
  ].join("\n");
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
