import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** A bundle as a browser would load it: JavaScript, and the files that are in it. */
export interface Bundle {
  readonly code: string;
  readonly inputs: readonly string[];
}

/** Bundles a module (TypeScript source) for browsers; rejects where anything in it needs Node. */
export async function bundleForBrowsers(source: string, plugins: Plugin[] = []): Promise<Bundle> {
  const result = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    conditions: ["@hookdict/source"],
    plugins,
    logLevel: "silent", // what it throws says it all
  });
  return { code: result.outputFiles[0]?.text ?? "", inputs: Object.keys(result.metafile.inputs) };
}
