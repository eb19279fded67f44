import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { planTasks } from "../gate/plan.ts";
import { type Result, runTasks } from "../gate/pool.ts";
import { hasFailed } from "../gate/report.ts";
import { assert, suite } from "../gate/suite.ts";

const fixtures = fileURLToPath(new URL("../gate/fixtures/", import.meta.url));
const gate = fileURLToPath(new URL("../gate/run.ts", import.meta.url));

/** What the gate must say about each fixture; where it is told to pass, nothing. */
const expected: Record<string, string> = {
  "after-each-throws": "`after.each` threw: no clean-up of one test",
  "after-throws": "`after` threw: no clean-up",
  "before-each-throws": "`before.each` threw: no set-up of one test",
  "before-throws": "`before` threw: no set-up",
  "does-not-load": "the file could not be loaded: Error: half-way through the file",
  exits: "ended (exit code 1) while at: leaves the process > exits with 0",
  failing: "Expected values to be strictly equal",
  hangs: "said nothing for 3 s and was ended while at: never ends > waits for ever",
  "late-run": "`.run()` is missing",
  "late-test": '"would fail" never ran',
  "leaks-between": "after the file's last suite, numTensors was 0 and is now 1: 1 left over",
  "leaks-tensor": "numTensors was 0 and is now 1: 1 left over",
  "no-run": "`.run()` is missing, so none of its tests ran",
  "no-suite": "the file makes no suite with the gate's `suite()`",
  "no-test": "it has no test",
  "non-error": "something that is not an Error was thrown: just a string",
  "only-left": '`.only` is left on "passes"',
  "stray-rejection": "a promise rejected and nobody waited for it: Error: nobody waited",
};

async function runFixture(
  name: string,
  backend = name.startsWith("leaks") ? "cpu" : "none",
): Promise<Result[]> {
  const results: Result[] = [];
  await runTasks(planTasks({ root: fixtures + name, backends: [backend], filters: [] }), {
    jobs: 1,
    timeoutMs: name === "hangs" ? 3000 : 60_000,
    onResult: (result) => void results.push(result),
  });
  return results;
}

function runGate(...args: string[]): { status: number | null; lastLine: string | undefined } {
  const flags = ["--conditions=@hookdict/source", "--import", "@hookdict/loader", gate, "--backend", "none"];
  const { status, stdout } = spawnSync(process.execPath, [...flags, ...args], { encoding: "utf8" });
  return { status, lastLine: stdout.trimEnd().split("\n").at(-1) };
}

const test = suite("the test gate");

for (const [name, message] of Object.entries(expected)) {
  test(`fails on ${name}`, async () => {
    const results = await runFixture(name);
    assert.is(results.length, 1);
    assert.ok(results.every(hasFailed));
    const said = results.flatMap((result) => [...result.problems, result.output]).join("\n");
    assert.ok(said.includes(message), `expected to be told "${message}", was told:\n${said}`);
  });
}

test("fails on a backend that cannot be loaded", async () => {
  const [result] = await runFixture("good", "webgl");
  assert.match(result?.output ?? "", "webgl");
  assert.equal(result?.problems, ["the process ended (exit code 1) while at: loading"]);
});

test("has a case for every fixture", () => {
  assert.equal(readdirSync(fixtures).sort(), [...Object.keys(expected), "good"].sort());
});

test("passes what is good, with exit code 0 and the totals on the last line", () => {
  assert.equal(runGate("--root", `${fixtures}good`), {
    status: 0,
    lastLine: "2 passed, 0 failed, 1 skipped",
  });
});

test("exits with 1 and counts a silent pass as a failure", () => {
  assert.equal(runGate("--root", `${fixtures}no-run`), {
    status: 1,
    lastLine: "0 passed, 1 failed, 0 skipped",
  });
});

test("exits with 1 when a filter matches no file", () => {
  assert.equal(runGate("--root", `${fixtures}good`, "nowhere"), {
    status: 1,
    lastLine: "0 passed, 0 failed, 0 skipped",
  });
});

test("exits with 1 on a backend it does not know", () => {
  assert.is(runGate("--backend", "webgl").status, 1);
});

test.run();
