// What stands between TypeScript's files and Node. They are lowered by oxc, whose `using` is right: esbuild's, and so tsx's,
// declares the error of a round once for all rounds of a loop, so that every round after one that threw throws it again.
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stored } from "./cache.mjs";
import { lower } from "./lower.mjs";

const TYPESCRIPT = /\.(ts|mts|tsx)$/;
/** Functions that lowered code imports, wherever it lies. */
const RUNTIME = "@oxc-project/runtime/";
/** What was found, by the folder that asked: hundreds of files ask for the same few. */
const found = new Map();

export function resolve(specifier, context, nextResolve) {
  const { conditions, importAttributes: { type = "" } = {} } = context;
  const parentURL = specifier.startsWith(RUNTIME) ? import.meta.url : context.parentURL;
  const folder = parentURL?.slice(0, parentURL.lastIndexOf("/"));
  const key = `${specifier}\n${folder}\n${conditions}\n${type}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const result = /^\.{0,2}\//.test(specifier)
    ? resolvePath(specifier, context, nextResolve)
    : nextResolve(specifier, { ...context, parentURL });
  // Node's own is a promise where hooks have a thread of their own.
  return result instanceof Promise ? result.then((each) => keep(key, each)) : keep(key, result);
}

function keep(key, result) {
  const kept = { ...result, shortCircuit: true };
  found.set(key, kept);
  return kept;
}

/** A TypeScript file that is there is what was asked for, unless it leads elsewhere; `./x.ts` also for `./x.js` or `./x`. */
function resolvePath(specifier, context, nextResolve) {
  const { parentURL } = context;
  if (parentURL?.startsWith("file:") !== true) return nextResolve(specifier, context);
  const wanted = new URL(specifier, parentURL);
  if (TYPESCRIPT.test(specifier)) {
    const isFile = lstatSync(wanted, { throwIfNoEntry: false })?.isFile() === true;
    return isFile ? { url: wanted.href, format: "module" } : nextResolve(specifier, context);
  }
  const source = new URL(wanted.href.replace(/(\.js)?$/, ".ts"));
  return nextResolve(!existsSync(wanted) && existsSync(source) ? source.href : specifier, context);
}

/** @type {import("node:module").LoadHookSync} */
export function load(url, context, nextLoad) {
  const [path = ""] = url.split(/[?#]/);
  if (!path.startsWith("file:") || !TYPESCRIPT.test(path) || path.includes("/node_modules/"))
    return nextLoad(url, context);
  const file = fileURLToPath(path);
  const text = readFileSync(file, "utf8");
  return { format: "module", shortCircuit: true, source: stored(file, text, () => lower(file, text)) };
}
