import { visible } from "@hookdict/tensordict";
import type { Findings, Grid } from "./experiment.ts";
import { inWords } from "./pictures.ts";

/** The experiment as a short story, a step for each line; shares are 0 for the corrupt run and 1 for the clean one. */
export function story(findings: Findings): readonly string[] {
  const { prompts, cleanMetric, corruptMetric, cleanPrediction, corruptPrediction } = findings;
  const line = (name: string, text: string, prediction: string, metric: number, share: number): string =>
    visible(
      `${name.padEnd(8)} ${text} → ${prediction}   logit of ${prompts.answer} − ${prompts.wrong}: ${metric.toFixed(2)}, which is ${share} below`,
    );
  return [
    line("clean", prompts.clean, cleanPrediction, cleanMetric, 1),
    line("corrupt", prompts.corrupt, corruptPrediction, corruptMetric, 0),
    "",
    inWords(findings),
    byGradients(findings),
    byPaths(findings),
  ];
}

/** How well one backward pass tells what the sweep measured. */
function byGradients(findings: Findings): string {
  const { residual, heads, residualEstimate, means } = findings;
  const agree = (measured: Grid, estimated: Grid): string =>
    correlation(
      measured.flat().map((value) => value - means.corrupt),
      estimated.flat(),
    ).toFixed(2);
  const positions = `${agree(residual.mean, residualEstimate)} over positions`;
  const both =
    heads === undefined
      ? positions
      : `${positions} and ${agree(heads.measured.mean, heads.estimate)} over heads`;
  return `One backward pass tells it, too: its estimates correlate with the patches by ${both}.`;
}

function byPaths({ paths }: Findings): string {
  if ("reason" in paths) return `No paths between heads: ${paths.reason}`;
  const { circuit, faithfulness, total, strongest } = paths;
  const ways = strongest.map(({ edges }) =>
    ["input", ...edges.map(({ destination }) => destination)].join(" → "),
  );
  const lines = ways.map((way) => `\n  ${way}`).join("");
  return `${circuit.edges.length} of ${total} edges between heads and MLPs have ${faithfulness.toFixed(2)} of what the model does. The strongest ways:${lines}`;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (f: (i: number) => number): number => a.reduce((sum, _, i) => sum + f(i), 0);
  const da = (i: number): number => (a[i] ?? 0) - ma;
  const db = (i: number): number => (b[i] ?? 0) - mb;
  return dot((i) => da(i) * db(i)) / Math.sqrt(dot((i) => da(i) ** 2) * dot((i) => db(i) ** 2));
}
