import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { mustRun, root } from "../command.ts";
import { checkForeignView } from "./foreign-view.ts";
import { checkTemplate, installFlags } from "./template.ts";
import { type Package, browserEntryNames, entryNames, listPackages } from "../workspace.ts";

// Packs every package and uses the tarballs as a stranger would: publint, attw, npm install, import, type check.

const packages = listPackages();
const folder = mkdtempSync(join(tmpdir(), "hookdict-pack-"));

/** Optional peers that bring a library which only an install script fetches: the entries must do without them. */
const native = ["@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"];

/** A package and the tarball that would be published. */
interface Packed extends Package {
  readonly tarball: string;
}

async function pack(item: Package): Promise<Packed> {
  const target = join(folder, item.manifest.name.replace("/", "-"));
  await mustRun("pnpm", ["pack", "--pack-destination", target], { cwd: item.folder });
  const [tarball] = readdirSync(target);
  if (tarball === undefined) throw new Error(`packing ${item.manifest.name} made no tarball`);
  return { ...item, tarball: join(target, tarball) };
}

async function checkTarball(item: Packed): Promise<void> {
  const list = await mustRun("tar", ["-tzf", item.tarball]);
  for (const file of [
    "package/LICENSE",
    "package/README.md",
    "package/package.json",
    "package/dist/index.js",
  ]) {
    if (!list.includes(`${file}\n`)) throw new Error(`${item.manifest.name} is packed without ${file}`);
  }
  if (list.includes("tsbuildinfo")) throw new Error(`${item.manifest.name} is packed with a .tsbuildinfo`);
  await mustRun("publint", ["--strict", item.tarball]);
  await mustRun("attw", ["--profile", "esm-only", "--format", "ascii", item.tarball]);
}

/** A folder outside the workspace with the tarballs and their peers installed by npm. */
async function installConsumer(items: readonly Packed[]): Promise<string> {
  const consumer = join(folder, "consumer");
  await mustRun("mkdir", ["-p", consumer]);
  const dependencies = Object.fromEntries(items.map((item) => [item.manifest.name, `file:${item.tarball}`]));
  const peers = Object.fromEntries(
    items
      .flatMap((item) => Object.entries(item.manifest.peerDependencies ?? {}))
      .filter(([name]) => !native.includes(name)),
  );
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: { ...dependencies, ...peers },
  };
  writeFileSync(join(consumer, "package.json"), JSON.stringify(manifest));
  await mustRun("npm", ["install", ...installFlags], { cwd: consumer });
  return consumer;
}

async function importEntries(consumer: string, entries: readonly string[]): Promise<void> {
  const lines = entries.map((entry) => `await import(${JSON.stringify(entry)});`);
  writeFileSync(join(consumer, "imports.js"), lines.join("\n"));
  await mustRun("node", ["imports.js"], { cwd: consumer });
}

async function checkTypes(consumer: string, entries: readonly string[]): Promise<void> {
  const names = entries.map((_, index) => `entry${index}`);
  const imports = entries.map((entry, index) => `import * as entry${index} from ${JSON.stringify(entry)};`);
  writeFileSync(
    join(consumer, "types.ts"),
    [...imports, `export const all: object[] = [${names.join(", ")}];`].join("\n"),
  );
  const common = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: "es2022",
    lib: ["es2023", "esnext.disposable", "dom"],
    types: [],
  };
  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ] as const) {
    const config = { compilerOptions: { ...common, module, moduleResolution }, files: ["types.ts"] };
    writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify(config));
    await mustRun(join(root, "node_modules", ".bin", "tsc"), ["-p", consumer]);
  }
}

/** Node's modules in what a browser would load do not resolve here; neither do misspelt conditions. */
async function bundleForBrowsers(consumer: string, entries: readonly string[]): Promise<void> {
  await build({
    stdin: {
      contents: entries
        .map((entry, index) => `export * as entry${index} from ${JSON.stringify(entry)};`)
        .join("\n"),
      resolveDir: consumer,
    },
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    external: native,
    logLevel: "silent", // what it throws says it all
  });
}

try {
  const packed = await Promise.all(packages.map(pack));
  const entries = packages.flatMap((item) => entryNames(item.manifest));
  const [consumer] = await Promise.all([installConsumer(packed), ...packed.map(checkTarball)]);
  await Promise.all([importEntries(consumer, entries), checkTypes(consumer, entries)]);
  await checkForeignView(consumer);
  const forBrowsers = packages.flatMap((item) => browserEntryNames(item.manifest));
  await bundleForBrowsers(consumer, forBrowsers);
  await checkTemplate(folder, new Map(packed.map((item) => [item.manifest.name, item.tarball])));
  console.log(
    `${packed.length} packages, ${entries.length} entries imported and type-checked, ${forBrowsers.length} bundled for browsers, a view from outside and the plugin template tested`,
  );
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
