import type { Site } from "@hookdict/core";
import {
  describeValue,
  FormatError,
  jsonText,
  LifetimeError,
  ShapeError,
  UsageError,
} from "@hookdict/tensordict";

export function formatUnknown(folder: string, wanted: readonly string[]): FormatError {
  return new FormatError({
    code: "DICTIONARY_FORMAT",
    what: `${folder} holds no sparse dictionary of a known layout.`,
    hint: `A folder has one of these: ${wanted.join("; ")}.`,
    fields: { folder, wanted },
  });
}

export function configInvalid(file: string, field: string, got: unknown, wanted: string): FormatError {
  return new FormatError({
    code: "DICTIONARY_CONFIG",
    what: `${file}: "${field}" is ${got === undefined ? "missing" : shown(got)}; it must be ${wanted}.`,
    hint: "Give the folder as it was published, or convert it to a layout that is known.",
    fields: { file, field, got },
  });
}

export function weightsMissing(
  where: string,
  names: readonly string[],
  present: readonly string[],
): FormatError {
  const listed = present.length === 0 ? "nothing" : present.slice(0, 12).join(", ");
  return new FormatError({
    code: "DICTIONARY_WEIGHTS_MISSING",
    what: `${where} lacks ${names.join(", ")}; it has ${listed}.`,
    hint: "Check that configuration and weights belong together.",
    fields: { where, names, present },
  });
}

export function weightShape(
  where: string,
  name: string,
  wanted: readonly number[],
  got: readonly number[],
): ShapeError {
  return new ShapeError({
    code: "DICTIONARY_WEIGHT_SHAPE",
    what: `${where}: ${name} has shape [${got.join(", ")}] in place of [${wanted.join(", ")}].`,
    hint: "Check that configuration and weights belong together.",
    fields: { where, name, wanted, got },
  });
}

export function weightInvalid(where: string, name: string, got: string): FormatError {
  return new FormatError({
    code: "DICTIONARY_WEIGHT_INVALID",
    what: `${where}: ${name} holds ${got}.`,
    hint: "Weights are finite floating-point numbers.",
    fields: { where, name, got },
  });
}

export function widthDiffers(
  action: string,
  wanted: string,
  got: readonly number[] | string,
  site?: Site,
): ShapeError {
  const text = typeof got === "string" ? got : `of shape [${got.join(", ")}]`;
  return new ShapeError({
    code: "DICTIONARY_WIDTH",
    what: `A sparse dictionary that ${action} ${wanted} was given ${text}${site === undefined ? "" : ` at ${site.path}`}.`,
    hint: "Use it at the site that it was trained on.",
    fields: { wanted, got, site: site?.path },
  });
}

export function inputNeeded(reason: string): UsageError {
  return new UsageError({
    code: "DICTIONARY_INPUT",
    what: `Features alone do not tell the reconstruction: the dictionary ${reason}.`,
    hint: "Give the input that they were encoded from: decode(features, x).",
    fields: { reason },
  });
}

export function dictionaryDisposed(action: string): LifetimeError {
  return new LifetimeError({
    code: "DICTIONARY_DISPOSED",
    what: `${action} was called on a sparse dictionary that is disposed.`,
    hint: "Keep it until the last context that uses it has ended.",
    fields: { action },
  });
}

export function siteUnknown(option: string): UsageError {
  return new UsageError({
    code: "DICTIONARY_SITE",
    what: `The dictionary does not say at which site it belongs, and the option ${option} does not, either.`,
    hint: `Give ${option}: the path of the site.`,
    fields: { option },
  });
}

export function sitesSeveral(option: string, paths: readonly string[]): UsageError {
  return new UsageError({
    code: "DICTIONARY_SITES",
    what: `The option ${option} of DictionarySplicing matches ${paths.length} sites: ${paths.slice(0, 4).join(", ")}.`,
    hint: "A dictionary belongs to one: compose one factory for each.",
    fields: { option, paths },
  });
}

export function inputNotSeen(output: Site, input: string): UsageError {
  return new UsageError({
    code: "DICTIONARY_ORDER",
    what: `${output.path} ran before ${input}, whose values the dictionary there encodes.`,
    hint: "The input's site must run before the output's, and as often, in each run.",
    fields: { site: output.path, input },
  });
}

function shown(value: unknown): string {
  return typeof value === "object" && value !== null ? describeValue(value) : jsonText(value);
}

export function trainingState(
  part: string,
  wanted: readonly number[],
  got: readonly number[] | undefined,
): ShapeError {
  return new ShapeError({
    code: "TRAINING_STATE",
    what: `The state has ${got === undefined ? "nothing" : `shape [${got.join(", ")}]`} as ${part}, in place of [${wanted.join(", ")}].`,
    hint: "Restore it into a trainer of the same options.",
    fields: { part, wanted, got },
  });
}

export function trainingDiverged(step: number, loss: number): UsageError {
  return new UsageError({
    code: "TRAINING_DIVERGED",
    what: `Step ${step} has the loss ${loss}: it was not made.`,
    hint: "Leave out rows that are not finite, or lower the learning rate.",
    fields: { step, loss },
  });
}

export function trainerDisposed(action: string): LifetimeError {
  return new LifetimeError({
    code: "TRAINER_DISPOSED",
    what: `${action} was called on a DictionaryTrainer that is disposed.`,
    hint: "Take its dictionary or its state before it is disposed.",
    fields: { action },
  });
}
