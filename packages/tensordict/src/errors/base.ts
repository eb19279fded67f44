import { visible } from "./visible.ts";

const BRAND = Symbol.for("@hookdict/error");

/** What a {@link HookdictError} is made of. */
export interface ErrorParts {
  /** Stable, upper-case name of the error, for programs. */
  readonly code: string;
  /** What happened, with the values. */
  readonly what: string;
  /** What to do about it. Ends the message. */
  readonly hint?: string;
  /** The values of the message, for programs. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * Base of every error that hookdict throws. The message says what happened, with the values, and what to do; it has no
 * character on which a terminal acts.
 *
 * Subclasses are cut by what a caller would do; `code` tells the exact case.
 */
export abstract class HookdictError extends Error {
  readonly code: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  static {
    Object.defineProperty(HookdictError.prototype, BRAND, { value: true });
  }

  constructor(parts: ErrorParts) {
    super(
      visible(parts.hint === undefined ? parts.what : `${parts.what} ${parts.hint}`),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.name = new.target.name;
    this.code = parts.code;
    this.fields = Object.freeze({ ...parts.fields });
    this.hint = parts.hint === undefined ? undefined : visible(parts.hint);
  }
}

/** A call that can never work as written: wrong argument, wrong combination of options. */
export class UsageError extends HookdictError {}

/** A pattern or a name matches no site. */
export class MatchError extends HookdictError {}

/** A tensor, or a structure of tensors, has the wrong shape, dtype or batch size. */
export class ShapeError extends HookdictError {}

/** A key that a TensorDict does not have, or cannot take. */
export class KeyError extends HookdictError {}

/** Something was used after its end, or outside the time in which it works. */
export class LifetimeError extends HookdictError {}

/** A user's hook, callback or plugin threw; `cause` is what it threw. */
export class HookError extends HookdictError {}

/** A file, or bytes from elsewhere, are not what their format says. */
export class FormatError extends HookdictError {}

/** A check of `@hookdict/core/testing` does not hold. */
export class CheckError extends HookdictError {}

/** Whether `value` is an error of hookdict, also of another copy of the package. */
export function isHookdictError(value: unknown): value is HookdictError {
  return typeof value === "object" && value !== null && BRAND in value;
}
