import type { Area } from "../area.ts";
import { caseItems } from "../methods/cases.ts";

export const transformer: Area = { name: "transformer", items: (folder) => caseItems(folder, "transformer", {}) };
