// Lowered files of this repository, kept from run to run: one for each source, which begins with the hash of what it was made of.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { hasMaps } from "./lower.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}node_modules/.cache/hookdict-loader/`;
const HASH = 64;
/** What another version made is none of ours. */
const { version } = createRequire(import.meta.url)("oxc-transform/package.json");

const hashOf = (text) => createHash("sha256").update(text).digest("hex");

/** What `make` gives for a file's text, or gave before. */
export function stored(file, text, make) {
  if (hasMaps || !file.startsWith(root)) return make();
  const path = folder + file.slice(root.length).replaceAll(/[/\\]/g, "+");
  const hash = hashOf(`${version}\n${text}`);
  const known = read(path);
  if (known?.startsWith(hash) === true) return known.slice(HASH);
  const code = make();
  write(path, hash + code);
  return code;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // nobody made it yet
  }
}

/** Others may read and write the same at the same time. What cannot be written is made again. */
function write(path, text) {
  const own = `${path}.${process.pid}.${performance.now()}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(own, text);
    renameSync(own, path);
  } catch {
    rmSync(own, { force: true });
  }
}
