import type { SmallFigures } from "../small/tables.ts";
import type { Case } from "./case.ts";
import { tinyParts } from "./small.ts";

export const tiny: Case<SmallFigures> = {
  ...tinyParts,
  name: "tiny",
  about: "the same without the larger model",
};
