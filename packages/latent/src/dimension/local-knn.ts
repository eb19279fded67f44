import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnownOptions } from "@hookdict/contexts";
import { meanOf, readRows } from "../rows/rows.ts";
import { checkCount, distinctNeighbourhoods, type LocalDimensionResult } from "./dimension.ts";

/** Options of {@link localKnn}. */
export interface LocalKnnOptions {
  /** The nearer of the two neighbours; the other is the `2k`-th. Default `"auto"`: `max(2, min(floor(sqrt n), (n - 1) / 2))`. */
  readonly k?: number | "auto";
}

/**
 * Dimension around each point `[n, ...]` from its `k`-th and `2k`-th neighbour, `ln 2 / ln(R_2k / R_k)`.
 * Farahmand et al. 2007. **Ownership:** borrows `x`.
 *
 * @throws ShapeError `ROWS_INVALID`; UsageError `ROWS_NOT_FINITE`, `POINTS_TOO_FEW`, `POINTS_DUPLICATE`, `OPTION_UNKNOWN`,
 * `OPTION_INVALID`
 * @example
 * (await localKnn(tensor2d([[0], [1], [2], [3], [4]]), { k: 1 })).perPoint[0]; // => 1
 */
export async function localKnn(x: Tensor, options: LocalKnnOptions = {}): Promise<LocalDimensionResult> {
  checkKnownOptions("localKnn", options, ["k"]);
  const { k: wanted = "auto" } = options;
  if (wanted !== "auto") checkCount("localKnn", "k", wanted, 1);
  const rows = await readRows("localKnn", "x", x, wanted === "auto" ? 5 : 2 * wanted + 1);
  const k =
    wanted === "auto"
      ? Math.max(2, Math.min(Math.floor(Math.sqrt(rows.n)), Math.floor((rows.n - 1) / 2)))
      : wanted;
  const perPoint = Float64Array.from(
    await distinctNeighbourhoods("localKnn", rows, 2 * k),
    ({ distances }) => Math.LN2 / Math.log((distances[2 * k - 1] ?? 0) / (distances[k - 1] ?? 1)),
  );
  return { value: meanOf(perPoint), perPoint };
}
