import type { Findings, Grid } from "./experiment.ts";

/** One heat map, ready to be drawn in a terminal or on a page. */
export interface HeatMap {
  readonly title: string;
  /** What a cell's number is, in one sentence. */
  readonly legend: string;
  readonly columns: readonly string[];
  readonly columnAxis: string;
  readonly values: Grid;
  /** Where the value lies between the corrupt run (0) and the clean run (1); may leave that range. */
  readonly recovered: Grid;
}

/** A number with so many decimals, without the minus sign of a rounded zero. */
export function format(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/^-(0\.0*)$/, "$1");
}

/** The experiment's four heat maps. */
export function heatMaps(findings: Findings): readonly HeatMap[] {
  const { corruptMetric, cleanMetric } = findings;
  const span = cleanMetric - corruptMetric;
  const columns = findings.corruptTokens.map((token, i) => {
    const clean = findings.tokens[i] ?? "";
    return token === clean ? token : `${clean}→${token}`;
  });
  const heads = (findings.heads[0] ?? []).map((_, head) => `head ${head}`);
  const each = (grid: Grid, fn: (value: number) => number): Grid => grid.map((row) => row.map(fn));
  const patched = (
    title: string,
    what: string,
    names: readonly string[],
    axis: string,
    values: Grid,
  ): HeatMap => ({
    title,
    legend: `Logit difference of the corrupt run with ${what} taken from the clean run.`,
    columns: names,
    columnAxis: axis,
    values,
    recovered: each(values, (value) => (value - corruptMetric) / span),
  });
  const estimated = (
    title: string,
    what: string,
    names: readonly string[],
    axis: string,
    values: Grid,
  ): HeatMap => ({
    title,
    legend: `Estimated change of the logit difference by patching ${what}: (clean − corrupt) · gradient.`,
    columns: names,
    columnAxis: axis,
    values,
    recovered: each(values, (value) => value / span),
  });
  return [
    patched(
      "Patching hook_resid_pre",
      "one position of the residual stream",
      columns,
      "position",
      findings.residual,
    ),
    patched("Patching attn.hook_z", "one head's output", heads, "head", findings.heads),
    estimated(
      "Attribution of hook_resid_pre",
      "one position",
      columns,
      "position",
      findings.residualEstimate,
    ),
    estimated("Attribution of attn.hook_z", "one head", heads, "head", findings.headEstimate),
  ];
}
