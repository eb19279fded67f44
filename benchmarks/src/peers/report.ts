import type { Timing } from "../measure.ts";

/** One run of the comparison. */
export interface PeerResults {
  readonly date: string;
  readonly node: string;
  readonly tokens: number;
  readonly threads: number;
  /** Of generations: tokens after the prompt, and rows at once. */
  readonly generated?: number;
  readonly batches?: readonly number[];
  readonly peers: readonly PeerFigures[];
}

/** The times of one process, by case. */
export interface PeerFigures {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: Readonly<Record<string, Timing>>;
  readonly bytesPerStep?: number;
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

/** Tokens per second as a Markdown table, from medians of one run. */
export function renderRates({ peers, tokens, threads, generated = 0, batches = [] }: PeerResults): string {
  const names = batches.flatMap((rows) =>
    ["bare", "captured"].map((kind) => ({ rows, name: `${kind} ${rows}` })),
  );
  const rate = (timing: Timing | undefined, rows: number): string =>
    timing === undefined ? "" : ((rows * generated * 1000) / timing.medianMs).toFixed(1);
  const lines = peers.map(({ name, versions, cases }) => {
    const packages = Object.entries(versions).map(([each, version]) => `${each} ${version}`);
    const label = packages.length === 0 ? name : `${name} (${packages.join(", ")})`;
    return `| ${[label, ...names.map((each) => rate(cases[each.name], each.rows))].join(" | ")} |`;
  });
  return [
    `GPT-2-small shape, ${tokens} tokens and ${generated} greedy ones after them, float32, ${threads} threads; tokens per second, medians of one run in which all took turns:`,
    "",
    `| | ${batches.flatMap((rows) => [`${rows} at once`, "with activations kept"]).join(" | ")} |`,
    `|${" --- |".repeat(names.length + 1)}`,
    ...lines,
    "",
    ...peers.flatMap((peer) => renderBound(peer, generated, batches)),
  ].join("\n");
}

/** What is left where nothing but products with the model's matrices takes time. */
function renderBound(
  { name, cases, bytesPerStep }: PeerFigures,
  generated: number,
  batches: readonly number[],
): string[] {
  const rates = batches.flatMap((rows) => {
    const timing = cases[`products ${rows}`];
    if (timing === undefined) return [];
    return [
      `${((rows * generated * 1000) / timing.medianMs).toFixed(1)} tokens per second for ${rows} at once`,
    ];
  });
  if (rates.length === 0) return [];
  const megabytes = ((bytesPerStep ?? 0) / 1e6).toFixed(0);
  return [
    `${name}, products with the weights alone (${megabytes} MB of them at each step): ${rates.join(", ")}`,
  ];
}

function ratio(timing: Timing | undefined, base: number): string {
  return timing === undefined ? "" : `${(timing.medianMs / base).toFixed(2)} ×`;
}
