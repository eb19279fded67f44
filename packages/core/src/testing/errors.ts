import { CheckError, UsageError } from "@hookdict/tensordict";

export function tensorsLeaked(before: number, after: number): CheckError {
  const change = after - before;
  const [what, hint] =
    change > 0
      ? [`left ${count(change)} behind`, "Dispose what it makes; what it returns counts as left behind."]
      : [`freed ${count(-change)} that it had not made`, "Borrowed tensors stay with their owner."];
  return new CheckError({
    code: "TENSORS_LEAKED",
    what: `The function ${what}: ${before} before, ${after} after.`,
    hint,
    fields: { before, after },
  });
}

export function leakFreeAsync(): UsageError {
  return new UsageError({
    code: "LEAK_FREE_ASYNC",
    what: "leakFree was given a function that returns a promise, and would count before it is done.",
    hint: "Use await leakFreeAsync(fn).",
  });
}

export function shapesDiffer(actual: string, expected: string): CheckError {
  return new CheckError({
    code: "SHAPES_DIFFER",
    what: `The shape is [${actual}], not [${expected}].`,
    hint: "Values are compared one by one, without broadcasting.",
    fields: { actual, expected },
  });
}

/** The worst of several differences. */
export interface Difference {
  readonly index: readonly number[];
  readonly actual: number;
  readonly expected: number;
  readonly allowed: number;
}

export function valuesDiffer(
  worst: Difference,
  differing: number,
  total: number,
  tolerances: { readonly rtol: number; readonly atol: number },
): CheckError {
  const { index, actual, expected, allowed } = worst;
  const place = index.length === 0 ? "" : ` at [${index.join(", ")}]`;
  const distance = Math.abs(actual - expected);
  return new CheckError({
    code: "VALUES_DIFFER",
    what:
      `${differing} of ${total} values differ; the worst${place} is ${actual}, not ${expected}: off by ` +
      `${Number(distance.toPrecision(3))}, where ${Number(allowed.toPrecision(3))} is allowed.`,
    hint: `The tolerance is atol ${tolerances.atol} + rtol ${tolerances.rtol} × |expected|.`,
    fields: { ...worst, differing, total, ...tolerances },
  });
}

export function notRegular(): UsageError {
  return new UsageError({
    code: "VALUES_RAGGED",
    what: "Nested lists of numbers have different lengths at one level.",
    hint: "Write the values as a tensor has them: [[1, 2], [3, 4]].",
  });
}

export function composeMissing(got: string): UsageError {
  return new UsageError({
    code: "CONFORMANCE_COMPOSE",
    what: `contextConformance was given ${got} as compose, and could not check that the context composes.`,
    hint: 'Pass the compose of "@hookdict/contexts": contextConformance(factory, { compose }).',
    fields: { got },
  });
}

/** How a model differs from what it was, or a context from what it should do. */
export function notConforming(what: string, cause?: unknown): CheckError {
  return new CheckError({
    code: "CONTEXT_NOT_CONFORMING",
    what,
    hint: "Register hooks and cleanups through the context, so that they end with it.",
    fields: {},
    ...(cause === undefined ? {} : { cause }),
  });
}

function count(tensors: number): string {
  return tensors === 1 ? "1 tensor" : `${tensors} tensors`;
}
