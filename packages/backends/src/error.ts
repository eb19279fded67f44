import { visible } from "./visible.ts";

const BRAND = Symbol.for("@hookdict/error");

/**
 * What this package throws: `code`, `fields` and `hint` as in the errors of `@hookdict/core`, which recognises it by its
 * brand. (This package imports TensorFlow.js only.)
 */
export class BackendError extends Error {
  readonly code: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string;

  static {
    Object.defineProperty(BackendError.prototype, BRAND, { value: true });
  }

  constructor(parts: {
    readonly code: string;
    readonly what: string;
    readonly hint: string;
    readonly fields?: Readonly<Record<string, unknown>>;
    readonly cause?: unknown;
  }) {
    super(
      visible(`${parts.what} ${parts.hint}`),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.name = "BackendError";
    this.code = parts.code;
    this.fields = Object.freeze({ ...parts.fields });
    this.hint = visible(parts.hint);
  }
}
