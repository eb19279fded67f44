import { readdirSync, readFileSync } from "node:fs";
import { DOCUMENT_FORMATS } from "@hookdict/harvest";
import { assert, suite } from "../gate/suite.ts";

const test = suite("lists of harvest");

const source = new URL("../../packages/harvest/src/", import.meta.url);

test("every file of a format is in the list of formats", () => {
  const files = readdirSync(new URL("pack/formats", source));
  assert.is(files.length, DOCUMENT_FORMATS.length);
  assert.equal(
    DOCUMENT_FORMATS.map(({ ending }) => ending),
    [".jsonl", ".parquet", ".txt"],
  );
});

test("every file of a command is in the list of commands", () => {
  const list = readFileSync(new URL("cli/commands.node.ts", source), "utf8");
  const files = readdirSync(new URL("cli/commands", source)).map((file) => file.replace(".node.ts", ""));
  const [, listed = ""] = /COMMANDS: readonly Command\[\] = \[([^\]]*)\]/.exec(list) ?? [];
  assert.equal(
    listed
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean)
      .sort(),
    files.sort(),
  );
});

test.run();
