import { typeName } from "../errors/type-name.ts";

/** The standard's `SuppressedError`, which Node 20 and Safari lack. */
interface SuppressedErrorLike extends Error {
  readonly error: unknown;
  readonly suppressed: unknown;
}

class PortableSuppressedError extends Error implements SuppressedErrorLike {
  readonly error: unknown;
  readonly suppressed: unknown;
  constructor(error: unknown, suppressed: unknown, message: string) {
    super(message);
    this.name = "SuppressedError";
    this.error = error;
    this.suppressed = suppressed;
  }
}

/**
 * One value to throw for several errors: the only one as it is; otherwise a `SuppressedError` whose `error` is the
 * first and whose `suppressed` is the second, or an `AggregateError` of all later ones.
 */
export function joinErrors(errors: readonly [unknown, ...unknown[]]): unknown {
  const [first, ...rest] = errors;
  if (rest.length === 0) return first;
  const suppressed = rest.length === 1 ? rest[0] : new AggregateError(rest, `${rest.length} later errors`);
  const message =
    first instanceof Error ? first.message : typeof first === "string" ? first : `a ${typeName(first)}`;
  // Absent at run time in Node 20, whatever the type says.
  const Native = (globalThis as { SuppressedError?: SuppressedErrorConstructor }).SuppressedError;
  return Native === undefined
    ? new PortableSuppressedError(first, suppressed, message)
    : new Native(first, suppressed, message);
}
