import { isHookdictError } from "@hookdict/tensordict";
import { rejected, thrown } from "../gate/suite.ts";

/** Code and whole message of the error that `body` throws. */
export function failure(body: () => unknown): readonly [string, string] {
  return codeAndMessage(thrown(body));
}

/** Code and whole message of the error that a promise rejects with. */
export async function asyncFailure(
  body: PromiseLike<unknown> | (() => PromiseLike<unknown>),
): Promise<readonly [string, string]> {
  return codeAndMessage(await rejected(body));
}

function codeAndMessage(error: Error): readonly [string, string] {
  return [isHookdictError(error) ? error.code : error.name, error.message];
}
