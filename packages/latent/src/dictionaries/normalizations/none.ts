import type { RowNormalization } from "./normalization.ts";

/** Rows as they are. */
export const noNormalization: RowNormalization = {
  name: "none",
  before: (rows) => rows,
  after: (decoded) => decoded,
};
