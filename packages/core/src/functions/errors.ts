import { MatchError, UsageError } from "@hookdict/tensordict";

export function notAFunction(got: string): UsageError {
  return new UsageError({
    code: "FUNCTION_EXPECTED",
    what: `hookFunction was given a ${got}, not a function.`,
    hint:
      "A Module needs no wrapper; a tf.LayersModel goes to hookLayers (@hookdict/core/layers), " +
      "a tf.GraphModel to hookGraph (@hookdict/core/graph).",
    fields: { got },
  });
}

export function functionReturnedPromise(model: string): UsageError {
  return new UsageError({
    code: "FUNCTION_ASYNC",
    what: `The function model ${model} returned a promise.`,
    hint: "A function model is synchronous, since its hooks run inside it: await what it needs before the call.",
    fields: { model },
  });
}

export function sitesUnknown(model: string): MatchError {
  return new MatchError({
    code: "FUNCTION_SITES_UNKNOWN",
    what: `The sites of the function model ${model} are not known: it declares none, and has not run yet.`,
    hint: "Run it once, through discover(...inputs) or call, or declare them: hookFunction(fn, { sites: { hidden: null } }).",
    fields: { model },
  });
}

/** Why a name cannot be a site's. */
export type SiteNameFault =
  { readonly kind: "repeat" } | { readonly kind: "taken"; readonly by: "site" | "function" };

export function badSiteName(model: string, name: string, fault: SiteNameFault): UsageError {
  const reason =
    fault.kind === "repeat"
      ? "it ends like the key of a later pass"
      : `the path belongs to another ${fault.by === "site" ? "site" : "function model"}`;
  return new UsageError({
    code: "FUNCTION_SITE_NAME",
    what: `${JSON.stringify(name)} cannot name a place in the function model ${model}: ${reason}.`,
    hint:
      fault.kind === "repeat"
        ? 'Leave the number off: passes are told apart as "name", "name#1", "name#2", ...'
        : "Use another name in site(name, value); a function model inside takes its name from hookFunction(fn, { name }).",
    fields: { model, name, reason: fault.kind },
  });
}

export function badDeclaration(model: string, name: string, got: string): UsageError {
  return new UsageError({
    code: "FUNCTION_SITES",
    what: `The option sites of the function model ${model} has ${got} at ${JSON.stringify(name)}.`,
    hint: 'Give a list of axes such as ["batch", "unit"], null for none, or a function model that is called inside.',
    fields: { model, name, got },
  });
}
