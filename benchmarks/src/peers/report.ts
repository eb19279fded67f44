import type { Timing } from "../measure.ts";

/** One run of the comparison. */
export interface PeerResults {
  readonly date: string;
  readonly node: string;
  readonly tokens: number;
  readonly threads: number;
  readonly peers: readonly PeerFigures[];
}

/** The times of one process, by case. */
export interface PeerFigures {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: Readonly<Record<string, Timing>>;
}

/** Ratios as a Markdown table: of medians of one run, against the first of ours. */
export function renderRatios({ peers, tokens, threads }: PeerResults): string {
  const [reference] = peers;
  const base = reference?.cases["bare"]?.medianMs;
  if (reference === undefined || base === undefined) return "nothing was measured";
  const rows = peers.map(({ name, versions, cases }) => {
    const packages = Object.entries(versions).map(([each, version]) => `${each} ${version}`);
    const label = packages.length === 0 ? name : `${name} (${packages.join(", ")})`;
    return `| ${[label, ratio(cases["bare"], base), ratio(cases["captured"], base)].join(" | ")} |`;
  });
  return [
    `GPT-2-small shape, ${tokens} tokens, float32, ${threads} threads; times relative to the forward pass of ${reference.name}, medians of one run in which all took turns:`,
    "",
    "| | forward pass | with activations kept |",
    "| --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function ratio(timing: Timing | undefined, base: number): string {
  return timing === undefined ? "" : `${(timing.medianMs / base).toFixed(2)} ×`;
}
