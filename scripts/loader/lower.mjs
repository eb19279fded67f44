import { createRequire } from "node:module";

/** Whether somebody reads maps besides us: coverage, and debuggers. Files then have them in themselves. */
export const hasMaps =
  process.env.NODE_V8_COVERAGE !== undefined || process.execArgv.some((flag) => flag.startsWith("--inspect"));

const require = createRequire(import.meta.url);
let oxc;

/** What oxc makes of a file: `code`, and on request `map`. @throws SyntaxError with the place */
export function transform(file, text, sourcemap) {
  // Loaded where something has changed since the last run.
  oxc ??= require("oxc-transform");
  const result = oxc.transformSync(file, text, { target: "es2022", sourceType: "module", sourcemap });
  const error = result.errors.find(({ severity }) => severity === oxc.Severity.Error);
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}\n${error.codeframe ?? ""}`);
  return result;
}

export function lower(file, text) {
  const { code, map } = transform(file, text, hasMaps);
  if (!hasMaps) return code;
  const encoded = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}`;
}
