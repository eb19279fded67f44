import type { Area } from "../area.ts";
import { caseItems } from "../methods/cases.ts";

export const metrics: Area = { name: "metrics", items: (folder) => caseItems(folder, "metrics", {}) };
