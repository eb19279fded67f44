import { Adapter } from "./adapter.ts";
import { Ia3 } from "./ia3.ts";
import { LowRankAdaptation } from "./low-rank-adaptation.ts";
import { PeftAdaptation } from "./peft-adaptation.ts";
import { Pruning } from "./pruning.ts";
import { RankOneEdit } from "./rank-one-edit.ts";
import { TaskVectors } from "./task-vectors.ts";
import { WeightEditing } from "./weight-editing.ts";
import { WeightSwapping } from "./weight-swapping.ts";

/** Every factory that changes what a model computes with. */
export const EDITS: readonly { readonly name: string }[] = [
  WeightEditing,
  WeightSwapping,
  Pruning,
  TaskVectors,
  LowRankAdaptation,
  PeftAdaptation,
  Ia3,
  RankOneEdit,
  Adapter,
];
