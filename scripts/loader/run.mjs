// `node scripts/loader/run.mjs FILE [ARGUMENTS]`: runs a program of this repository from one file, into which it was bundled when one of its
// sources last changed. Hundreds of modules take Node a second to find, load and link.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundled } from "./bundle.mjs";
import { hasMaps } from "./lower.mjs";
import { knownMap, prepareStackTrace } from "./stacks.mjs";

const [node, , file = "", ...rest] = process.argv;
const path = resolve(file);
process.argv = [node, path, ...rest];
if (hasMaps) {
  await import("./register.mjs");
  await import(pathToFileURL(path).href);
} else {
  const { url, map } = await bundled(path);
  knownMap(url, map);
  Error.prepareStackTrace = prepareStackTrace;
  await import(url);
}
