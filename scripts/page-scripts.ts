import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { minify } from "terser";
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
  [/\/blocks\/blocks\.ts$/, join(folder, "kinds.ts")],
  [/\/check\.ts$/, join(folder, "check.ts")],
  [/\/errors\.ts$/, join(folder, "errors.ts")],
  [/\/checked\.ts$/, join(folder, "checked.ts")],
  [/\/width\.ts$/, join(folder, "width.ts")],
  [/\/written\.ts$/, join(folder, "written.ts")],
  [/^d3-(transition|interpolate)$/, join(folder, "still.ts")],
];

const lean: Plugin = {
  name: "lean",
  setup: (builder) => {
    for (const [filter, path] of INSTEAD) builder.onResolve({ filter }, () => ({ path }));
    // A sheet needs no lines, and its own names can be short.
    builder.onLoad({ filter: /\/element\/style\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replaceAll(/([;{}])\n/g, "$1")
        .replaceAll(/--([a-z])[a-z]+/g, "--$1"),
      loader: "ts",
    }));
  },
};

/** Whether a module is in the script that all pages begin with. */
const isShared = (path: string): boolean =>
  !path.startsWith("blocks/") || /^blocks\/(block|cell-layer|facets-parts|controls)\.ts$/.test(path);

/** What few kinds need, though it is no block. */
const isOwn = (path: string): boolean => /^(element\/(zoom|pinned|lasso)|description\/glob)\.ts$/.test(path);

const isGiven = (path: string): boolean => isShared(path) && !isOwn(path);

const IMPORT = /import (?!type)\{([^}]*)\} from "(\.[^"]+)";/g;

/** In the script of a kind, what is shared is not imported: its names are those that the first script gives. */
const given: Plugin = {
  name: "given",
  setup: (builder) => {
    builder.onLoad({ filter: /\/packages\/viz\/src\/.*\.ts$/, namespace: "file" }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(IMPORT, (whole, _, from: string) =>
        isGiven(relative(source, join(dirname(path), from))) ? "" : whole,
      ),
      loader: "ts",
    }));
  },
};

/** What blocks take of shared modules, by name: the module, and how often it is named. */
const SHARED = new Map<string, { readonly module: string; readonly uses: number }>();

function gather(path: string, seen: Set<string>): void {
  if (seen.has(path)) return;
  seen.add(path);
  const text = readFileSync(join(source, path), "utf8");
  for (const [, names = "", from = ""] of text.matchAll(IMPORT)) {
    const module = relative(source, join(source, dirname(path), from));
    if (!isGiven(module)) gather(module, seen);
    else for (const name of names.split(",").map((each) => each.trim())) note(name, module, text);
  }
}

function note(name: string, module: string, text: string): void {
  if (name === "" || name.startsWith("type ")) return;
  const { module: known, uses } = SHARED.get(name) ?? { module, uses: 0 };
  if (known !== module) throw new Error(`${name} is of ${module} and of ${known}: give one another name`);
  SHARED.set(name, { module, uses: uses + text.split(new RegExp(`\\b${name}\\b`)).length - 1 });
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Shared names, those that are named most first: they are the shortest in scripts. */
const sharedNames = (): readonly (readonly [name: string, short: string])[] =>
  [...SHARED]
    .sort(([one, { uses }], [other, { uses: more }]) => more - uses || (one < other ? -1 : 1))
    .map(([name], i) => [name, `$${LETTERS[i] ?? i}`]);

/** What is named most often of all, with short names, too. */
const SHORT: readonly (readonly [name: string, short: string])[] = [
  ["Math.max", "_x"],
  ["Math.min", "_n"],
  ["Math.floor", "_f"],
  ["Math.ceil", "_c"],
  ["Math.round", "_r"],
  ["Math.abs", "_a"],
  ["Number.isFinite", "_i"],
  ["Float32Array", "_F"],
  ["Uint8Array", "_U"],
  ["String", "_s"],
  ["undefined", "_u"],
  ["Array.from", "_A"],
  ["document", "_d"],
];

/** Members that are in no data of a page and of no browser's: their names are shortened, too. */
const MEMBERS =
  "anchor area bold box cell controls corner domainX domainY drawing fixed given grid halo hovered hues ink isEnlarged isFocused largest layers made mark missing negative node notes onLeave onPointer onState onTable over palette paper positive sans scrolls sentence sequential smooth soft svg theme turned".split(
    " ",
  );

async function bundle(
  contents: readonly string[],
  plugins: readonly Plugin[],
  names: readonly (readonly [name: string, short: string])[] = SHORT,
): Promise<string> {
  const result = await build({
    stdin: {
      contents: contents.join("\n"),
      resolveDir: source,
      sourcefile: join(source, "entry.ts"),
      loader: "ts",
    },
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    mangleProps: new RegExp(`^(${MEMBERS.join("|")})$`),
    mangleCache: Object.fromEntries(MEMBERS.map((name, i) => [name, `${LETTERS[i]}_`])),
    define: { "Number.NaN": "NaN", "Number.isNaN": "isNaN", ...Object.fromEntries(names) },
    conditions: ["@hookdict/source"],
    plugins: [...plugins],
    logLevel: "silent",
  });
  const { code = "" } = await minify(result.outputFiles[0]?.text ?? "", {
    compress: { passes: 3, ecma: 2020, unsafe_arrows: true },
    ecma: 2020,
  });
  // A script in a page ends where this stands, also inside of a text.
  return code.replaceAll("</script", "<\\/script");
}

function kindScript(name: string, extras: readonly string[]): Promise<string> {
  const parts = extras.map((each) => each.split("#") as [string, string]);
  const lines = [
    `import { ${name} } from "./blocks/${name}.ts";`,
    ...parts.map(([path, what]) => `import { ${what} } from "./${path}";`),
    `add(${[name, ...parts.map(([, what]) => what)].join(", ")});`,
  ];
  return bundle(lines, [given, lean], [...SHORT, ...sharedNames()]);
}

const seen = new Set<string>();
for (const [name, extras] of Object.entries(KINDS))
  for (const path of [`blocks/${name}.ts`, ...extras.map((each) => each.replace(/#.*/, ""))])
    gather(path, seen);

const kinds: string[] = [];
for (const [name, extras] of Object.entries(KINDS))
  kinds.push(`  ${name}: ${JSON.stringify(await kindScript(name, extras))},`);

const names = sharedNames();
const first = await bundle(
  [
    ...names.map(([name]) => `import { ${name} } from "./${SHARED.get(name)?.module}";`),
    'import { add } from "./page/kinds.ts";',
    'import { start } from "./page/start.ts";',
    `given = [add, start, ${names.map(([name]) => name).join(", ")}];`,
  ],
  [lean],
);
const short = SHORT.map(([name, as]) => `${as}=${name === "undefined" ? "void 0" : name}`).join();
const start = `const ${short};let given;${first}const[add,start,${names.map(([, as]) => as).join()}]=given;`;

const turn = await bundle(['import { turn } from "./page/turn.ts";', "turn();"], [lean], []);

const text = `// Written by \`pnpm viz:scripts\`.

/** What every page begins with. */
export const START_SCRIPT: string =
  ${JSON.stringify(start)};

/** What turns a page of pictures that stand one by one. */
export const TURN_SCRIPT: string =
  ${JSON.stringify(turn.trim())};

/** What draws each kind of block. */
export const KIND_SCRIPTS: Readonly<Record<string, string>> = {
${kinds.join("\n")}
};
`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
  console.log(
    `the first ${start.length}, of kinds ${kinds.map((line) => `${line.trim().split(":")[0]} ${line.length}`).join(", ")}`,
  );
} else if (readFileSync(target, "utf8") !== text)
  throw new Error(`${target} is not what its sources give: run pnpm viz:scripts`);
