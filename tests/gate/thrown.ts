/**
 * The error that `body` throws, for asserting on its whole message; fails where nothing is thrown.
 *
 * @example
 * assert.is(thrown(() => JSON.parse("")).message, "Unexpected end of JSON input");
 */
export function thrown(body: () => unknown): Error {
  let value: unknown;
  try {
    value = body();
  } catch (error) {
    return checked(error);
  }
  const hint = value instanceof Promise ? "; it returned a promise, which `rejected` is for" : "";
  throw new Error(`expected the function to throw${hint}`);
}

/** The error that the promise `body` (or the promise it returns) rejects with; fails where it resolves. */
export async function rejected(body: PromiseLike<unknown> | (() => PromiseLike<unknown>)): Promise<Error> {
  try {
    await (typeof body === "function" ? body() : body);
  } catch (error) {
    return checked(error);
  }
  throw new Error("expected the promise to reject");
}

function checked(error: unknown): Error {
  if (error instanceof Error) return error;
  throw new Error(`expected an Error to be thrown, got ${String(error)}`);
}
