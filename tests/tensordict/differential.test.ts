import { readFile } from "node:fs/promises";
import { assert, suite } from "../gate/suite.ts";
import { DECISIONS, decisionFor, renderDecisions } from "./differential/differences.ts";
import { difference, type Program, run } from "./differential/program.ts";

// What differential/record.py has recorded of Python's tensordict, run here. Differences are the documented decisions.

const test = suite("TensorDict and Python's tensordict");

const { programs } = JSON.parse(
  await readFile(new URL("differential/programs.json", import.meta.url), "utf8"),
) as { programs: readonly Program[] };

test("every program gives what it gives in Python, or differs by a decision", () => {
  const unexplained: string[] = [];
  for (const [i, program] of programs.entries()) {
    const differs = difference(program.result, run(program));
    if (differs === undefined || decisionFor(program) !== undefined) continue;
    unexplained.push(
      `program ${i} on ${program.td.x.dtype} ${JSON.stringify(program.steps.map((s) => s.slice(0, 3))).slice(0, 200)}: ${differs}`,
    );
  }
  assert.equal(unexplained, []);
});

test("each decision is one that makes a difference", () => {
  const found = new Set(
    programs
      .filter((program) => difference(program.result, run(program)) !== undefined)
      .map((program) => decisionFor(program)),
  );
  assert.equal(
    DECISIONS.filter((decision) => !found.has(decision)).map(({ operation }) => operation),
    [],
  );
});

test("the documentation shows the decisions", async () => {
  const page = await readFile(new URL("../../docs/tensordict.md", import.meta.url), "utf8");
  const [, shown = ""] = /<!-- differences -->\n([^]*?)<!-- \/differences -->/.exec(page) ?? [];
  // The formatter pads the columns.
  const plain = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-").trim();
  assert.is(plain(shown), plain(renderDecisions()));
});

test.run();
