import { KeyError, UsageError } from "@hookdict/tensordict";
import { formatKey, formatNearest } from "@hookdict/tensordict";

type Path = readonly string[];

function listed(keys: readonly Path[]): string {
  return keys.map((key) => formatKey(key)).join(", ");
}

export function stepKeyMissing(step: string, path: Path, keys: readonly Path[]): KeyError {
  return new KeyError({
    code: "STEP_KEY_MISSING",
    what: `${step} needs ${formatKey(path)}, which the TensorDict does not have.`,
    hint: formatNearest(path, keys),
    fields: { step, key: path, keys },
  });
}

export function stepOutputs(step: string, count: number, outKeys: readonly Path[]): UsageError {
  return new UsageError({
    code: "STEP_OUTPUTS",
    what: `${step} gave ${count} output${count === 1 ? "" : "s"}, and its out keys are ${listed(outKeys) || "none"}.`,
    hint: 'Name each output, and write "_" for one to discard.',
    fields: { step, count, outKeys },
  });
}

/** @param kind "an async function", or what else gives no value at once */
export function stepAsync(step: string, kind: string): UsageError {
  return new UsageError({
    code: "STEP_ASYNC",
    what: `${step} is ${kind}, and a step gives its values at once.`,
    hint: "Write an ordinary function, and await what it needs before the call.",
    fields: { step, kind },
  });
}

export function stepInvalid(got: string): UsageError {
  return new UsageError({
    code: "STEP_INVALID",
    what: `A step must be a function, a Module or a LayersModel, not ${got}.`,
    hint: "Several TensorDict modules in a row are a TensorDictSequential.",
    fields: { got },
  });
}

export function stepInputs(step: string, given: readonly string[], names: readonly string[]): UsageError {
  return new UsageError({
    code: "STEP_INPUTS",
    what: `${step} was given inputs named ${given.join(", ") || "nothing"}, and its inputs are ${names.join(", ") || "without names"}.`,
    hint: "Name each input once, or give the in keys as a list.",
    fields: { step, given, names },
  });
}

export function sequenceStep(name: string, got: string): UsageError {
  return new UsageError({
    code: "SEQUENCE_STEP",
    what: `Step ${name} must be a TensorDict module, not ${got}.`,
    hint: "Write new TensorDictModule(step, inKeys, outKeys).",
    fields: { name, got },
  });
}

export function outKeyUnknown(module: string, path: Path, outKeys: readonly Path[]): KeyError {
  return new KeyError({
    code: "OUT_KEY_UNKNOWN",
    what: `${module} has no out key ${formatKey(path)}.`,
    hint: `Its out keys are ${listed(outKeys) || "none"}.`,
    fields: { module, key: path, outKeys },
  });
}

export function subsequenceEmpty(
  inKeys: readonly Path[] | undefined,
  outKeys: readonly Path[] | undefined,
): UsageError {
  const from = inKeys === undefined ? "" : ` from ${listed(inKeys) || "nothing"}`;
  const to = outKeys === undefined ? "" : ` to ${listed(outKeys) || "nothing"}`;
  return new UsageError({
    code: "SUBSEQUENCE_EMPTY",
    what: `No step leads${from}${to}.`,
    hint: "Compare with the inKeys and outKeys of the steps.",
    fields: { inKeys, outKeys },
  });
}
