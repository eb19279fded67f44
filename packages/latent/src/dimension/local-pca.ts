import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions, optionInvalid } from "@hookdict/contexts";
import { covarianceSpectrum } from "../rows/decompose.ts";
import { neighbourhoods } from "../rows/neighbours.ts";
import { meanOf, pickRows, readRows } from "../rows/rows.ts";
import { checkCount, distinctNeighbourhoods, type LocalDimensionResult } from "./dimension.ts";

/** Options of {@link localPca}. */
export interface LocalPcaOptions {
  /** How many neighbours count. Default 12. */
  readonly k?: number;
  /** `"maxgap"`: where eigenvalues fall the most; `"ratio"`: how many are above `alpha` times the largest. Default `"maxgap"`. */
  readonly criterion?: "maxgap" | "ratio";
  /** Default 0.05. */
  readonly alpha?: number;
}

/**
 * Dimension around each point `[n, ...]` from the eigenvalues of the covariance of its surroundings.
 * Fukunaga and Olsen 1971; Bruske and Sommer 1998. **Ownership:** borrows `x`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const plane = pad2d(randomUniform([100, 2], 0, 1, "float32", 1), [[0, 0], [0, 8]]);
 * (await localPca(plane)).value; // => 2
 */
export async function localPca(x: Tensor, options: LocalPcaOptions = {}): Promise<LocalDimensionResult> {
  checkKnownOptions("localPca", options, ["k", "criterion", "alpha"]);
  const { k = 12, criterion = "maxgap", alpha = 0.05 } = options;
  checkCount("localPca", "k", k, 2);
  if (!["maxgap", "ratio"].includes(criterion))
    throw optionInvalid("localPca", "criterion", criterion, '"maxgap" or "ratio"');
  if (!(Number.isFinite(alpha) && alpha > 0 && alpha < 1))
    throw optionInvalid("localPca", "alpha", alpha, "a number between 0 and 1");
  const rows = await readRows("localPca", "x", x, k + 1);
  const perPoint = Float64Array.from(await neighbourhoods(rows, k), ({ indices }, row) => {
    const spectrum = covarianceSpectrum(pickRows(rows, [row, ...indices]));
    if (criterion === "ratio") return spectrum.filter((one) => one > alpha * (spectrum[0] ?? 0)).length;
    return widestGap(spectrum);
  });
  return { value: meanOf(perPoint), perPoint };
}

function widestGap(spectrum: readonly number[]): number {
  let [best, widest] = [1, -Infinity];
  for (let at = 0; at + 1 < spectrum.length; at++) {
    const gap = (spectrum[at] ?? 0) / ((spectrum[at + 1] ?? 0) + 1e-15);
    if (gap > widest) [best, widest] = [at + 1, gap];
  }
  return best;
}

/** Options of {@link caPca}. */
export interface CaPcaOptions {
  /** How many neighbours count. Default 12. */
  readonly k?: number;
}

/**
 * Dimension around each point `[n, ...]` from local eigenvalues, corrected for curvature: those that a flat ball would have are
 * compared. Gilbert and O'Neill, arXiv 2309.13478. **Ownership:** borrows `x`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `POINTS_DUPLICATE`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * const plane = pad2d(randomUniform([300, 2], 0, 1, "float32", 1), [[0, 0], [0, 8]]);
 * Math.round((await caPca(plane)).value); // => 2
 */
export async function caPca(x: Tensor, options: CaPcaOptions = {}): Promise<LocalDimensionResult> {
  checkKnownOptions("caPca", options, ["k"]);
  const { k = 12 } = options;
  checkCount("caPca", "k", k, 2);
  const rows = await readRows("caPca", "x", x, k + 2);
  const perPoint = Float64Array.from(
    await distinctNeighbourhoods("caPca", rows, k + 1),
    ({ indices, distances }) => {
      const radius = ((distances[k - 1] ?? 0) + (distances[k] ?? 0)) / 2;
      return likestBall(covarianceSpectrum(pickRows(rows, indices)).map((one) => one / radius ** 2));
    },
  );
  return { value: meanOf(perPoint), perPoint };
}

/** The dimension whose unit ball has the likest eigenvalues. */
function likestBall(spectrum: readonly number[]): number {
  let [best, least] = [1, Infinity];
  for (let d = 1; d <= spectrum.length; d++) {
    const tail = spectrum.slice(d).reduce((sum, one) => sum + one, 0);
    const bent = ((3 * d + 4) / (d * (d + 4))) * tail;
    const apart = Math.hypot(...spectrum.slice(0, d).map((one) => 1 / (d + 2) - (one + bent)));
    const cost = apart + 2 * tail;
    if (cost < least) [best, least] = [d, cost];
  }
  return best;
}
