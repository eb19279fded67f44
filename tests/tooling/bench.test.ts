import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

const test = suite("the benchmarks' command line");

/** What it says of its flags before it measures anything, and then of its usage. */
function refusal(...args: readonly string[]): readonly string[] {
  const run = fileURLToPath(new URL("../../benchmarks/src/run.ts", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [...process.execArgv, run, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.is(status, 2);
  return stderr.split("\n");
}

function complaint(...args: readonly string[]): string {
  const [first = "", second] = refusal(...args);
  assert.match(second ?? "", /^pnpm bench \[--backend LIST\]/);
  return first;
}

test("every file of a case is in the list of cases, which the usage tells", () => {
  const source = new URL("../../benchmarks/src/", import.meta.url);
  const list = readFileSync(new URL("cases.ts", source), "utf8");
  const [, listed = ""] = /CASES: readonly Case\[\] = \[([^\]]*)\]/.exec(list) ?? [];
  const dashed = (name: string): string =>
    name.trim().replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const names = listed.split(",").map(dashed);
  const files = readdirSync(new URL("cases", source)).map((file) => file.replace(".ts", ""));
  assert.equal([...names].sort(), files.filter((file) => file !== "case").sort());
  const [, , , ...told] = refusal("--nonsense");
  assert.equal(
    told.filter(Boolean).map((line) => /^ {4}(?:--)?([^:]+): ./.exec(line)?.[1]),
    names.map((name) => (name === "small" ? "without a flag" : name)),
  );
});

test("a backend that does not exist is named before the others are measured", () => {
  assert.is(complaint("--backend", "cpu,gpu"), 'There is no backend "gpu".');
});

test("two measurements at once are refused", () => {
  assert.is(complaint("--profile", "--memory"), "Ask for one at a time: profile, memory.");
});

test("figures that the README does not show are not put there", () => {
  assert.is(complaint("--readme", "--tiny"), "The README shows no figures of --tiny.");
});

test("a flag that does not exist is named", () => {
  assert.match(complaint("--nonsense"), /^Unknown option '--nonsense'/);
});

test("a file in the place of the folder for the figures is an error before they are measured", () => {
  const inFile = `${fileURLToPath(import.meta.url)}/figures.json`;
  assert.match(complaint("--out", inFile), /^(EEXIST|ENOTDIR): /);
});

test.run();
