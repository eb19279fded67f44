import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./command.ts";

// `pnpm viz:scripts` bundles the scripts of pages into packages/viz/src/page/scripts.ts: one that every page begins with, and
// one for each kind of block. What kinds share is in the first; `--check` fails where the file is not what the sources give.

const source = join(root, "packages/viz/src");
const folder = join(source, "page");
const target = join(folder, "scripts.ts");

const KINDS: Readonly<Record<string, readonly string[]>> = {
  bands: [],
  bars: [],
  facets: [],
  graph: ["element/zoom.ts#zoom", "element/pinned.ts#pinnedLayout"],
  histogram: [],
  lines: [],
  matrix: [],
  points: ["element/lasso.ts#lasso"],
  raster: [],
  table: [],
  tokens: [],
  tree: [],
};

/** What a page's script has in place of a module: it writes no text, measures without tables, and moves nothing by itself. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/^@hookdict\/tensordict$/, join(root, "packages/tensordict/src/errors/base.ts")], // none of TensorFlow.js
  [/\/blocks\/blocks\.ts$/, join(folder, "kinds.ts")],
  [/\/check\.ts$/, join(folder, "check.ts")],
  [/layout\/tree\.ts$|^\.\/tree\.ts$/, join(folder, "tree.ts")],
  [/\/width\.ts$/, join(folder, "width.ts")],
  [/^d3-(transition|interpolate)$/, join(folder, "still.ts")],
];

const lean: Plugin = {
  name: "lean",
  setup: (builder) => {
    for (const [filter, path] of INSTEAD) builder.onResolve({ filter }, () => ({ path }));
  },
};

/** Whether a module is in the script that all pages begin with. */
const isShared = (path: string): boolean =>
  !path.startsWith("blocks/") || /^blocks\/(block|facets-parts|stretch)\.ts$/.test(path);

/** Names of shared modules that blocks import, in the order in which the first script lists them. */
const shared: string[] = [];

function numberOf(name: string): number {
  if (!shared.includes(name)) shared.push(name);
  return shared.indexOf(name);
}

const IMPORT = /import (?!type)\{([^}]*)\} from "(\.[^"]+)";/g;

/** In the script of a kind, what is shared is looked up in the first script. */
const lookedUp: Plugin = {
  name: "looked up",
  setup: (builder) => {
    builder.onResolve({ filter: /^\./ }, ({ path, importer, namespace }) => {
      const own = relative(source, join(dirname(importer), path));
      return namespace === "file" && importer.startsWith(source) && isShared(own) && !isOwn(own)
        ? { path: own, namespace: "shared" }
        : undefined;
    });
    builder.onLoad({ filter: /./, namespace: "shared" }, ({ path }) => ({
      contents: exportsOf(path)
        .map((name) => `export const ${name} = /* @__PURE__ */ at(${numberOf(`${path}#${name}`)});`)
        .join("\n"),
    }));
  },
};

/** What few kinds need, though it is no block. */
const isOwn = (path: string): boolean =>
  /^(element\/(zoom|pinned|lasso)|layout\/(plot|ticks)|description\/glob)\.ts$/.test(path);

/** The names that anything imports of a module. */
function exportsOf(path: string): readonly string[] {
  return [...(IMPORTED.get(path) ?? [])].sort();
}

/** Names by module, as the files of blocks and of what belongs to them import them. */
const IMPORTED = new Map<string, Set<string>>();

function gather(path: string, seen = new Set<string>()): void {
  if (seen.has(path)) return;
  seen.add(path);
  for (const [, names = "", from = ""] of readFileSync(join(source, path), "utf8").matchAll(IMPORT)) {
    const module = relative(source, join(source, dirname(path), from));
    if (isShared(module) && !isOwn(module)) {
      const held = IMPORTED.get(module) ?? new Set();
      IMPORTED.set(module, held);
      for (const name of names.split(","))
        if (name.trim() !== "" && !name.trim().startsWith("type ")) held.add(name.trim());
    } else gather(module, seen);
  }
}

async function bundle(contents: string, plugins: readonly Plugin[], more = {}): Promise<string> {
  const result = await build({
    stdin: { contents, resolveDir: source, sourcefile: join(source, "entry.ts"), loader: "ts" },
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "ascii", // a page's bytes are its script's
    legalComments: "none",
    define: { "Number.NaN": "NaN" },
    conditions: ["@hookdict/source"],
    plugins: [...plugins],
    logLevel: "silent",
    ...more,
  });
  // A script in a page ends where this stands, also inside of a text.
  return (result.outputFiles[0]?.text ?? "").trimEnd().replaceAll("</script", "<\\/script");
}

function kindScript(name: string): Promise<string> {
  const extras = (KINDS[name] ?? []).map((each) => each.split("#") as [string, string]);
  const lines = [
    `import { ${name} } from "./blocks/${name}.ts";`,
    ...extras.map(([path, what]) => `import { ${what} } from "./${path}";`),
    `add(${[name, ...extras.map(([, what]) => what)].join(", ")});`,
  ];
  return bundle(lines.join("\n"), [lookedUp, lean]);
}

const kinds: Record<string, string> = {};
for (const [name, extras] of Object.entries(KINDS)) {
  gather(`blocks/${name}.ts`);
  for (const each of extras) gather(each.split("#")[0] ?? "");
}
// Numbered before anything is bundled: esbuild asks for modules in no order.
for (const path of [...IMPORTED.keys()].sort())
  for (const name of exportsOf(path)) numberOf(`${path}#${name}`);
for (const name of Object.keys(KINDS)) kinds[name] = await kindScript(name);

const first = [
  ...shared.map((each, i) => `import { ${each.split("#")[1]} as s${i} } from "./${each.split("#")[0]}";`),
  'export { add } from "./page/kinds.ts";',
  'export { start } from "./page/start.ts";',
  `const all = [${shared.map((_, i) => `s${i}`).join(", ")}];`,
  "export const at = (i: number): unknown => all[i];",
];
const start = await bundle(first.join("\n"), [lean], { globalName: "hookdict" });

const text = `// Written by \`pnpm viz:scripts\`.

/** What every page begins with. */
export const START_SCRIPT: string =
  ${JSON.stringify(start)};

/** What draws each kind of block. */
export const KIND_SCRIPTS: Readonly<Record<string, string>> = {
${Object.entries(kinds)
  .map(([name, script]) => `  ${name}: ${JSON.stringify(script)},`)
  .join("\n")}
};
`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
  console.log(
    [["start", start] as const, ...Object.entries(kinds)]
      .map(([name, { length }]) => `${name} ${length}`)
      .join(", "),
  );
} else if (readFileSync(target, "utf8") !== text)
  throw new Error(`${target} is not what its sources give: run pnpm viz:scripts`);
