import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun, root } from "./command.ts";

// `pnpm assemble` compiles packages/backends/assembly/product.ts into src/wasm/product-code.ts; `--check` fails where that
// is not what is there.

const target = join(root, "packages/backends/src/wasm/product-code.ts");
const SOURCE = "packages/backends/assembly/product.ts";
const FLAGS = ["-O3", "--noAssert", "--converge", "--runtime", "stub", "--importMemory", "--enable", "simd"];
const SHARED = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];

/** The code in base64. */
async function compile(flags: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "hookdict-assemble-"));
  try {
    const file = join(folder, "product.wasm");
    await mustRun("asc", [SOURCE, "--outFile", file, "--initialMemory", "1", ...FLAGS, ...flags]);
    return readFileSync(file).toString("base64");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const text = `// Written by \`pnpm assemble\` from assembly/product.ts.

/** That code in base64: for memory of one thread, and for memory that threads share. */
export const PRODUCT_CODE: { readonly ownMemory: string; readonly sharedMemory: string } = {
  ownMemory:
    "${await compile([])}",
  sharedMemory:
    "${await compile(SHARED)}",
};
`;

if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text)
  throw new Error(`${target} is not what ${SOURCE} gives: run pnpm assemble`);
