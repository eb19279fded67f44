// What stands between TypeScript's files and Node. They are lowered by oxc, whose `using` is right: esbuild's, and so tsx's,
// declares the error of a round once for all rounds of a loop, so that every round after one that threw throws it again.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Severity, transformSync } from "oxc-transform";

const TYPESCRIPT = /\.(ts|mts|tsx)$/;
/** Functions that lowered code imports, wherever it lies. */
const RUNTIME = "@oxc-project/runtime/";

/** @type {import("node:module").ResolveHookSync} */
export function resolve(specifier, context, nextResolve) {
  if (specifier.startsWith(RUNTIME))
    return nextResolve(specifier, { ...context, parentURL: import.meta.url });
  return nextResolve(sourceOf(specifier, context.parentURL) ?? specifier, context);
}

/** `./x.ts` for an import of `./x.js` or `./x`, where that is what there is. */
function sourceOf(specifier, parent) {
  if (!/^\.{0,2}\//.test(specifier) || !parent?.startsWith("file:") || TYPESCRIPT.test(specifier))
    return undefined;
  const wanted = new URL(specifier, parent);
  const source = new URL(wanted.href.replace(/(\.js)?$/, ".ts"));
  return !existsSync(wanted) && existsSync(source) ? source.href : undefined;
}

/** @type {import("node:module").LoadHookSync} */
export function load(url, context, nextLoad) {
  const [path = ""] = url.split(/[?#]/);
  if (!path.startsWith("file:") || !TYPESCRIPT.test(path) || path.includes("/node_modules/"))
    return nextLoad(url, context);
  const file = fileURLToPath(path);
  return { format: "module", shortCircuit: true, source: lower(file, readFileSync(file, "utf8")) };
}

function lower(file, text) {
  const options = { target: "es2022", sourceType: "module", sourcemap: true };
  const { code, map, errors } = transformSync(file, text, options);
  const error = errors.find(({ severity }) => severity === Severity.Error);
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}\n${error.codeframe ?? ""}`);
  const encoded = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}`;
}
