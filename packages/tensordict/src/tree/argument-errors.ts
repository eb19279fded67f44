import { UsageError } from "../errors/base.ts";
import { formatKey } from "../text/keys.ts";
import { describe } from "./errors.ts";

type Path = readonly string[];

/** What should be called is no function. */
export function functionInvalid(action: string, got: unknown): UsageError {
  return new UsageError({
    code: "FUNCTION_INVALID",
    what: `${action} needs a function, not ${describe(got)}.`,
    hint: "It is called once for every leaf, or with what is to be used.",
    fields: { action },
  });
}

/** A function for leaves gave something else than a tensor. */
export function leafFunction(path: Path, got: unknown): UsageError {
  return new UsageError({
    code: "LEAF_FUNCTION",
    what: `The function gave ${describe(got)} for ${formatKey(path)}, not a tensor.`,
    hint: "map() and apply() need a tensor for each tensor; mapEntries() takes any value, and leaves out undefined.",
    fields: { key: path },
  });
}

/** Options that are no record. */
export function optionsInvalid(action: string, options: unknown): UsageError {
  return new UsageError({
    code: "OPTIONS_INVALID",
    what: `The options of ${action} must be a record, not ${describe(options)}.`,
    hint: "Leave them out, or write { name: value }.",
    fields: { action },
  });
}

/** Text that is none. */
export function textInvalid(action: string, what: string, got: unknown): UsageError {
  return new UsageError({
    code: "TEXT_INVALID",
    what: `${action} needs ${what} as text, not ${describe(got)}.`,
    hint: 'Write it in quotes, such as ".".',
    fields: { action },
  });
}

/** A list that is none. */
export function listExpected(action: string, what: string, got: unknown): UsageError {
  return new UsageError({
    code: "LIST_EXPECTED",
    what: `${action} needs a list of ${what}, not ${describe(got)}.`,
    hint: "Write [...].",
    fields: { action },
  });
}

/** Something else than a TensorDict was given where one is needed. */
export function dictExpected(action: string, got: unknown): UsageError {
  return new UsageError({
    code: "DICT_EXPECTED",
    what: `${action} needs a TensorDict, not ${describe(got)}.`,
    hint: "Make one of a record with new TensorDict(record).",
    fields: { action },
  });
}
