import type { Area } from "../area.ts";
import { caseItems } from "../methods/cases.ts";

export const lrp: Area = { name: "lrp", items: (folder) => caseItems(folder, "lrp", {}) };
