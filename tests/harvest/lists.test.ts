import { existsSync, readdirSync, readFileSync } from "node:fs";
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

/** Names in an array of a list, such as `bullmq`. */
function namesIn(list: string, array: RegExp): readonly string[] {
  const [, listed = ""] = array.exec(readFileSync(new URL(list, source), "utf8")) ?? [];
  return listed.split(",").map((name) => name.trim());
}

test("every folder with an engine of queues is in the list of engines", () => {
  const folders = readdirSync(source).filter((name) => existsSync(new URL(`${name}/engine.node.ts`, source)));
  assert.equal(namesIn("queue/engines.node.ts", /ENGINES: readonly EngineKind\[\] = \[([^\]]*)\]/), folders);
});

test("every file with a kind of address of stores is in the list of addresses", () => {
  const files = readdirSync(new URL("store", source))
    .map(
      (file) =>
        /export const (\w+): StoreAddress =/.exec(
          readFileSync(new URL(`store/${file}`, source), "utf8"),
        )?.[1],
    )
    .flatMap((name) => (name === undefined ? [] : [name]));
  assert.equal(namesIn("store/addresses.ts", /ADDRESSES: readonly StoreAddress\[\] = \[([^\]]*)\]/), files);
});

test.run();
