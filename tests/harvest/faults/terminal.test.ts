import { spawn, spawnSync } from "node:child_process";
import { assert, suite } from "../../gate/suite.ts";
import { fixture, planWithoutBackend } from "../support/harvests.ts";
import { build, command, runCommand, until } from "../support/processes.ts";
import { recordsOf } from "../support/kills.ts";

const test = suite("harvest on a terminal");

test.before(build);

const slow = { HARVEST_FAULT: "slow", HARVEST_BLOCK_MS: "150" };
const hasScript = spawnSync("script", ["--version"]).status === 0;

const NAME = "progress is one line that fits, and Ctrl-C ends with 1 and says what stays";
if (!hasScript) test.skip(`${NAME} (no \`script\` of util-linux, which makes terminals)`);
else
  test(NAME, async () => {
    await using made = await planWithoutBackend({ rows: 400 });
    const run = `${process.execPath} ${command} run ${made.acts} --recipe ${fixture("faulty.mjs")} --processes 2`;
    for (const columns of [80, 40]) {
      const before = (await recordsOf(made.plan)).size;
      const child = spawn("script", ["-qec", `stty cols ${columns}; exec ${run}`, "/dev/null"], {
        env: { ...process.env, ...slow, NODE_OPTIONS: "" },
      });
      let output = "";
      child.stdout.on("data", (text: Buffer) => (output += text.toString()));
      const ended = new Promise((resolve) => child.on("close", resolve));
      await until(async () => (await recordsOf(made.plan)).size > before + 3, "some items are committed");
      await until(() => /[1-9]\d* of 100 items/.test(output), "that is shown");
      child.stdin.write("\u0003");
      assert.is(await ended, 1, output);
      assert.match(output, /\nThe harvest was stopped\. What is committed stays: run again to go on\.\r\n$/);
      const [drawn = ""] = output.split("\r\n");
      const shown = drawn
        .replaceAll("^C", "")
        .split("\r")
        .map((line) => line.replace("\u001b[K", ""));
      assert.ok(shown.length > 1 && shown.every((line) => [...line].length < columns), output);
      assert.match(
        shown.at(-1) ?? "",
        columns === 80 ? /^[━╌]{24} \d+ of 100 items, .* tokens\/s/ : /^[━╌]{24} \d+ of 100 it/,
      );
    }
  });

test("into a pipe progress is plain lines", async () => {
  await using made = await planWithoutBackend({ rows: 40 });
  const { code, output } = await runCommand(["run", made.acts, "--recipe", fixture("faulty.mjs")], slow);
  assert.is(code, 0);
  assert.match(
    output,
    /^0 of 10 items, 0 B, 0 tokens\/s, \? left\n10 of 10 items, [\d.]+ kB, \d+ tokens\/s\n10 of 10 items committed, 0 pending, 0 dead; 320 tokens, [\d.]+ kB\n$/,
  );
});

test("a command tells its usage where it is asked", async () => {
  for (const flag of ["--help", "-h"]) {
    const { code, output } = await runCommand(["seal", flag]);
    assert.is(code, 0);
    assert.is(output, "  hookdict-harvest seal ACTS\n      write the manifest of a complete harvest\n");
  }
});

test.run();
