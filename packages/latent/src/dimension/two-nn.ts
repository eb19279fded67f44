import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { readRows } from "../rows/rows.ts";
import { type DimensionResult, distinctNeighbourhoods } from "./dimension.ts";

/** Options of {@link twoNn}. */
export interface TwoNnOptions {
  /** `"fit"`: a line through the origin (the paper's); `"likelihood"`: `(n - 1) / sum log mu`. Default `"fit"`. */
  readonly method?: "fit" | "likelihood";
  /** `"fit"`: the part of the smallest ratios that the line is fitted to. Default 1: all but the largest. */
  readonly fraction?: number;
}

/**
 * Dimension from the ratios of the distances to the two nearest neighbours of each point `[n, ...]`.
 * Facco et al. 2017, 10.1038/s41598-017-11873-y. **Ownership:** borrows `x`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `POINTS_DUPLICATE`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * const plane = pad2d(randomUniform([300, 2], 0, 1, "float32", 1), [[0, 0], [0, 8]]);
 * Math.round((await twoNn(plane)).value); // => 2
 */
export async function twoNn(x: Tensor, options: TwoNnOptions = {}): Promise<DimensionResult> {
  checkKnownOptions("twoNn", options, ["method", "fraction"]);
  const { method = "fit", fraction = 1 } = options;
  if (!["fit", "likelihood"].includes(method))
    throw optionInvalid("twoNn", "method", method, '"fit" or "likelihood"');
  if (!(Number.isFinite(fraction) && fraction > 0 && fraction <= 1))
    throw optionInvalid("twoNn", "fraction", fraction, "a number above 0 and up to 1");
  const rows = await readRows("twoNn", "x", x, 3);
  const logs = (await distinctNeighbourhoods("twoNn", rows, 2))
    .map(({ distances }) => Math.log((distances[1] ?? 0) / (distances[0] ?? 1)))
    .sort((a, b) => a - b);
  if (method === "likelihood") return { value: (rows.n - 1) / logs.reduce((sum, log) => sum + log, 0) };
  const kept = logs.slice(0, Math.min(rows.n - 1, Math.max(1, Math.floor(fraction * rows.n))));
  let [xy, xx] = [0, 0];
  kept.forEach((log, at) => {
    xy += log * -Math.log(1 - (at + 1) / rows.n);
    xx += log * log;
  });
  return { value: xy / xx };
}
