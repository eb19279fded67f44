import { findBuild } from "@hookdict/backends/native";
import { runCommand, sourceFlags } from "./command.ts";
import { type Step, runSteps } from "./check/steps.ts";

// `pnpm check`: every check there is, one line each; the tests' totals are the last line.

const script = (file: string): Step["command"] => ["node", ...sourceFlags, file];

const independent: Step[] = [
  { name: "types and build", command: ["tsc", "-b"] },
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "lint", command: ["oxlint", "--format", "unix"] },
  { name: "unused code and dependencies", command: ["knip", "--no-progress"] },
  { name: "error codes under test", command: script("scripts/check/error-codes.ts") },
  { name: "assembled code", command: [...script("scripts/assemble.ts"), "--check"] },
  { name: "page scripts", command: [...script("scripts/page-scripts.ts"), "--check"] },
  { name: "file sizes", command: script("scripts/check/file-sizes.ts"), report: true },
];

/** Values of other people's software; the whole matrix of backends is `pnpm reference --backend cpu,wasm,tensorflow`. */
const reference: Step[] = [
  { name: "values of others", command: script("tests/comparisons/run.ts"), report: true },
];

const onTheBuild: Step[] = [
  { name: "pack and install", command: script("scripts/check/pack.ts"), report: true },
  { name: "documented examples", command: script("docs/runner/run.ts"), report: true },
];

const failed = [...(await runSteps(independent)), ...(await runSteps([...reference, ...onTheBuild]))];
if (failed.length > 0) console.log(`\nfailed before the tests: ${failed.join(", ")}\n`);

const native = findBuild("@tensorflow/tfjs-node") === undefined ? "" : ",tensorflow";
const start = performance.now();
const tests = await runCommand("node", [
  ...sourceFlags,
  "tests/gate/run.ts",
  "--backend",
  process.env["HOOKDICT_TEST_BACKEND"] ?? `cpu,wasm${native}`,
]);
const totals = tests.output.trimEnd().split("\n").at(-1) ?? "";
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${tests.code === 0 ? "ok  " : "FAIL"} tests (${seconds} s)`);
console.log(tests.code === 0 ? totals : tests.output.trimEnd());
process.exitCode = failed.length > 0 || tests.code !== 0 ? 1 : 0;
