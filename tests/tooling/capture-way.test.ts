import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const test = suite("the way of a capture");

test("one capture at one hook point passes as many files as ARCHITECTURE.md says", () => {
  const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, path("capture-way.ts")], {
    encoding: "utf8",
  });
  const files = stdout.split("\n").filter(Boolean);
  const said = /passes (\d+) files/.exec(readFileSync(path("../../ARCHITECTURE.md"), "utf8"))?.[1];
  assert.is(String(files.length), said, `${stdout}\n${stderr}`);
});

test.run();
