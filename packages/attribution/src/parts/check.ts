import { checkArgument } from "@hookdict/tensordict";

/** Checks what plain JavaScript may give as weights. @throws UsageError `ARGUMENT_INVALID` */
export function checkWeights(
  part: string,
  weights: unknown,
  needed: readonly string[],
  optional: readonly string[] = [],
): void {
  checkArgument(part, "weights", weights, "a record");
  const given = weights as Readonly<Record<string, unknown>>; // just checked
  for (const name of needed) checkArgument(part, `weights.${name}`, given[name], "a tensor");
  for (const name of optional)
    if (given[name] !== undefined) checkArgument(part, `weights.${name}`, given[name], "a tensor");
}
