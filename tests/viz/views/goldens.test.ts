import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { toJSON, toText } from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";
import { TRIED } from "../examples.ts";

// HOOKDICT_GOLDENS=write writes what is compared here anew: look at the difference before it is committed.
const folder = new URL("../../reference/viz/", import.meta.url);
const isWriting = process.env["HOOKDICT_GOLDENS"] === "write";

const test = suite("pictures as they were");

function compare(name: string, text: string): void {
  const file = new URL(name, folder);
  if (isWriting) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  assert.fixture(text, readFileSync(file, "utf8"));
}

for (const { name, view, examples } of TRIED) {
  const d = view(examples[1] as never);
  test(`${name} gives the description that it gave`, () =>
    compare(`${name}.json`, `${toJSON(d, { readable: true })}\n`));

  test(`${name} is written in 80 and in 120 columns as it was, with colours and without`, () => {
    const texts = [80, 120].flatMap((columns) =>
      ([0, 3] as const).map((colour) => toText(d, { columns, colour, theme: "dark" })),
    );
    compare(`${name}.txt`, `${texts.join("\n=====\n")}\n`);
  });
}

test.run();
