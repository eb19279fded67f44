import { UsageError } from "@hookdict/tensordict";

export function moduleAsync(module: string, kind: string): UsageError {
  return new UsageError({
    code: "MODULE_ASYNC",
    what: `The forward of ${module} is ${kind}, so hooks cannot run inside it.`,
    hint: "Write forward as an ordinary function: await what it needs before the call, or open a run with duringAsync and call the parts that compute there.",
    fields: { module, kind },
  });
}

export function hooksRefused(path: string, reason: string): UsageError {
  return new UsageError({
    code: "HOOKS_REFUSED",
    what: `The model takes no hooks at ${path}: ${reason.replace(/\.$/, "")}.`,
    hint: `Hook another site, or leave this one out: ["**", "!${path}"].`,
    fields: { site: path, reason },
  });
}
