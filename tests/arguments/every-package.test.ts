import { existsSync, readdirSync } from "node:fs";
import { assert, suite } from "../gate/suite.ts";

const test = suite("arguments of every package");

const packages = readdirSync(new URL("../../packages/", import.meta.url));

for (const folder of packages)
  test(`all that ${folder} exports is called with junk`, () => {
    assert.ok(existsSync(new URL(`${folder}.test.ts`, import.meta.url)), `tests/arguments/${folder}.test.ts`);
  });

test.run();
