// Programs as one file each, kept from run to run with when each of their sources was last written.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Where bundles are kept. */
const folder = `${root}node_modules/.cache/hookdict-loader/programs/`;
const own = ["bundle.mjs", "package.json"].map((name) => fileURLToPath(new URL(name, import.meta.url)));

/** Where a program's bundle is, which is made where there is none of today's sources, and what gives its map. */
export async function bundled(file) {
  const name = folder + file.replaceAll(/[/\\:]/g, "+");
  const [code, list] = [`${name}.mjs`, `${name}.json`];
  if (!isFresh(list)) await make(file, code, list);
  return { url: pathToFileURL(code).href, map: () => JSON.parse(readFileSync(`${code}.map`, "utf8")) };
}

function isFresh(list) {
  try {
    const files = Object.entries(JSON.parse(readFileSync(list, "utf8")));
    return files.every(([path, written]) => stampOf(path) === written);
  } catch {
    return false; // never made, or a source is gone
  }
}

function stampOf(path) {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs} ${size}`;
}

async function make(file, code, list) {
  const { rolldown } = await import("rolldown");
  const packages = new Set();
  const bundle = await rolldown({
    input: file,
    cwd: root,
    platform: "node",
    treeshake: false,
    // As Node finds files, with the condition by which packages lead to their sources.
    resolve: { conditionNames: ["@hookdict/source", "node", "import", "default"], mainFields: ["main"] },
    transform: { target: "es2022" },
    plugins: [outside(packages), places],
  });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false, sourcemap: true });
  await bundle.close();
  const [{ code: text, map, moduleIds }] = output;
  const sources = [
    ...moduleIds.filter((id) => id.startsWith(root)),
    ...packages,
    ...own,
    `${root}pnpm-lock.yaml`,
  ];
  mkdirSync(folder, { recursive: true });
  // The list comes last: who reads it finds what it tells of.
  put(`${code}.map`, JSON.stringify(map));
  put(code, text);
  put(list, JSON.stringify(Object.fromEntries(sources.map((path) => [path, stampOf(path)]))));
}

/** Others may read and write the same at the same time. */
function put(path, text) {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, text);
  renameSync(part, path);
}

/** What is no source of ours stays where it is. Of packages of ours, their lists of entries are noted. */
function outside(packages) {
  return {
    name: "outside",
    resolveId: {
      order: "pre",
      filter: { id: /^[@a-z]/ },
      async handler(id, importer, options) {
        if (importer === undefined || id.startsWith("node:") || id.startsWith("@oxc-project/runtime"))
          return null;
        if (id.startsWith("@hookdict/"))
          packages.add(
            createRequire(importer).resolve(`${id.split("/").slice(0, 2).join("/")}/package.json`),
          );
        const found = await this.resolve(id, importer, { ...options, skipSelf: true });
        if (found === null) return { id, external: true };
        return found.id.includes("/node_modules/")
          ? { id: pathToFileURL(found.id).href, external: true }
          : found;
      },
    },
  };
}

/** Modules are told where their sources lie. */
const places = {
  name: "places",
  transform: {
    filter: { code: /import\.meta\.url/ },
    handler: (text, id) => ({
      code: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)),
      map: null, // lines stay
    }),
  },
};
