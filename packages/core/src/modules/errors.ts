import { UsageError } from "@hookdict/tensordict";

export function moduleAsync(module: string, kind: string): UsageError {
  return new UsageError({
    code: "MODULE_ASYNC",
    what: `The forward of ${module} is ${kind}, so hooks cannot run inside it.`,
    hint: "Write forward as an ordinary function: await what it needs before the call, or open a run with duringAsync and call the parts that compute there.",
    fields: { module, kind },
  });
}
