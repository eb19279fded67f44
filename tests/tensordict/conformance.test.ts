import { readFile } from "node:fs/promises";
import { isHookdictError, TensorDict } from "@hookdict/tensordict";
import { assert, suite } from "../gate/suite.ts";
import { describe, renderTable, subjects } from "./conformance.ts";
import { ROWS } from "./conformance-rows.ts";

const test = suite("TensorDict conformance");

/** What an expression gives, as the table tells it. */
function evaluate(expression: string): string {
  const given = subjects();
  const names = Object.keys(given);
  let made: unknown;
  try {
    // The table's own text is run, so that it cannot say anything else than what happens.
    // oxlint-disable-next-line typescript/no-implied-eval
    const run = new Function("TensorDict", ...names, `return ${expression};`) as (
      ...args: unknown[]
    ) => unknown;
    made = run(TensorDict, ...names.map((name) => given[name]));
    return describe(made);
  } catch (error) {
    if (isHookdictError(error)) return error.code;
    throw error;
  } finally {
    for (const value of [made, ...Object.values(given)].flat()) {
      if (value instanceof TensorDict || names.some((name) => given[name] === value)) {
        (value as TensorDict).dispose();
      }
    }
  }
}

for (const [, expression, result] of ROWS) {
  test(`${expression} gives ${result}`, () => {
    assert.is(evaluate(expression), result);
  });
}

test("the documentation shows this table", async () => {
  const page = await readFile(new URL("../../docs/tensordict.md", import.meta.url), "utf8");
  const [, shown = ""] = /<!-- conformance -->\n([^]*?)<!-- \/conformance -->/.exec(page) ?? [];
  // The formatter pads the columns.
  const plain = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-").trim();
  assert.is(plain(shown), plain(renderTable(ROWS)));
});

test.run();
