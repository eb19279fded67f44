import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./command.ts";

// `pnpm viz:scripts` bundles the scripts of pages into packages/viz/src/page/scripts.ts; `--check` fails where that is not
// what the sources give.

const folder = join(root, "packages/viz/src/page");
const target = join(folder, "scripts.ts");

/** Of `@hookdict/tensordict` a page needs the base of errors alone, and none of TensorFlow.js. */
const errorsAlone: Plugin = {
  name: "errors alone",
  setup: (builder) => {
    builder.onResolve({ filter: /^@hookdict\/tensordict$/ }, () => ({
      path: join(root, "packages/tensordict/src/errors/base.ts"),
    }));
  },
};

async function bundle(name: string): Promise<string> {
  const result = await build({
    entryPoints: [join(folder, `${name}.entry.ts`)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "ascii", // a page's bytes are its script's
    legalComments: "none",
    conditions: ["@hookdict/source"],
    plugins: [errorsAlone],
    logLevel: "silent",
  });
  // A script in a page ends where this stands, also inside of a text.
  return (result.outputFiles[0]?.text ?? "").trimEnd().replaceAll("</script", "<\\/script");
}

const [core, graph] = await Promise.all([bundle("core"), bundle("graph")]);
const text = `// Written by \`pnpm viz:scripts\`.

/** Draws pages without circuits and points. */
export const CORE_SCRIPT: string =
  ${JSON.stringify(core)};

/** Draws all pages: with zoom, and the layout of pinned nodes. */
export const GRAPH_SCRIPT: string =
  ${JSON.stringify(graph)};
`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
  console.log(`core ${core.length} bytes, graph ${graph.length} bytes`);
} else if (readFileSync(target, "utf8") !== text)
  throw new Error(`${target} is not what its sources give: run pnpm viz:scripts`);
