import type { Area } from "../area.ts";
import { caseItems } from "../methods/cases.ts";
import { edits } from "./weights/edits.ts";
import { matrices } from "./weights/matrices.ts";
import { processings } from "./weights/processing.ts";
import { prunings } from "./weights/pruning.ts";
import { taskVectors } from "./weights/task-vectors.ts";

/** Edits of weights, factored matrices, lenses on weights and their processing. */
export const weights: Area = {
  name: "weights",
  at: "methods/cases.json",
  items: (folder) =>
    caseItems(folder, "weights", { ...edits, ...prunings, ...taskVectors, ...matrices, ...processings }),
};
