import { format } from "node:util";
import { describe, tellsTruly } from "./compare.ts";
import type { Example } from "./extract.ts";

/** What an instrumented example calls for one `// =>`. */
export interface Check {
  value(actual: unknown): void;
  printed(...values: unknown[]): void;
  thrown(body: () => unknown): Promise<void>;
}

/** The `$check` of one example; what is not as told is pushed to `failures`. */
export function makeCheck(example: Example, failures: string[]): (text: string, line: number) => Check {
  return (text, line) => {
    const compare = (actual: unknown, shown: string): void => {
      if (tellsTruly(text, actual)) return;
      failures.push(`${example.file}:${example.line + line - 1}: says ${text}, is ${shown}`);
    };
    return {
      value: (actual) => compare(actual, describe(actual)),
      printed: (...values) => compare(format(...values), format(...values)),
      thrown: async (body) => {
        const error = await errorOf(body);
        const shown = error === undefined ? "no error" : `${error.name}: ${error.message}`;
        if (error !== undefined && [shown, error.message, error.name].some((form) => tellsTruly(text, form)))
          return;
        failures.push(`${example.file}:${example.line + line - 1}: says throws ${text}, is ${shown}`);
      },
    };
  };
}

async function errorOf(body: () => unknown): Promise<Error | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
