import { sealHarvest } from "../../upkeep/manifest.ts";
import type { Command } from "../command.node.ts";
import { openNamed } from "../open.node.ts";
import { counted } from "../show.node.ts";

/** Writes the manifest. */
export const seal: Command = {
  name: "seal",
  usage: "seal ACTS",
  summary: "write the manifest of a complete harvest",
  options: {},
  async run(input) {
    const plan = await openNamed(seal, input);
    const { records, dead, rows } = await sealHarvest(plan);
    input.say(
      `sealed: ${counted(records.length, "item")}, ${counted(rows, "row")}${dead.length > 0 ? `, ${dead.length} dead` : ""}`,
    );
    return 0;
  },
};
