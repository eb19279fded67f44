import { KeyError, UsageError } from "@hookdict/tensordict";

export function probeValuesMissing(direction: string, path: string): KeyError {
  return new KeyError({
    code: "PROBE_VALUES_MISSING",
    what: `Probing has no values of ${path}, ${direction}.`,
    hint: "Run the model first, backward for gradients, with a pattern that matches the site.",
    fields: { direction, path },
  });
}

export function probeCannot(key: string, action: string, name: string | undefined): UsageError {
  return new UsageError({
    code: "PROBE_CANNOT",
    what: `The probe of ${key} cannot ${action}: ${name === undefined ? "it has not been fitted" : `${name} has no such method`}.`,
    hint: "Await hooked.context.fit(labels) first, with an estimator that has fit, predict and score.",
    fields: { key, action },
  });
}
