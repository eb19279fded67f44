export { WeightEditing } from "./edits/weight-editing.ts";
export { FactoredMatrix } from "./factored/factored-matrix.ts";
export type { SvdResult } from "./factored/factored-matrix.ts";
export { WeightContext } from "./weight-context.ts";
export type { WeightEdit } from "./weight-edit.ts";
