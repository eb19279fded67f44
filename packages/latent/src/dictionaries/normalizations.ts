import { constantNormRows } from "./normalizations/constant-norm.ts";
import { layerNormRows } from "./normalizations/layer-norm.ts";
import { noNormalization } from "./normalizations/none.ts";
import type { RowNormalization } from "./normalizations/normalization.ts";

/** Every way in which rows are put on one scale. */
export const ROW_NORMALIZATIONS: readonly RowNormalization[] = [
  noNormalization,
  layerNormRows,
  constantNormRows,
];
