import { openPlan } from "../plan/open.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import type { Command, CommandInput } from "./command.node.ts";
import { commandLine } from "./errors.node.ts";
import { given, textOption } from "./values.node.ts";

/** Options that say where things are. */
export const PLACES = { recipe: { type: "string" }, data: { type: "string" } } as const;

/** The harvest that a command names. @throws UsageError `COMMAND_LINE`; codes of `openPlan`. */
export function openNamed(command: Command, input: CommandInput): Promise<HarvestPlan> {
  const [acts] = input.places;
  if (acts === undefined || input.places.length > 1) throw commandLine("one ACTS is needed", command.usage);
  return openPlan(acts, given({ recipe: textOption(input, "recipe"), data: textOption(input, "data") }));
}
