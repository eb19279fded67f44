import { type HookSpec, type Intervention, Interventions } from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import { scalar, type Tensor, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { readdirSync } from "node:fs";
import { assert, suite, thrown } from "../gate/suite.ts";
import { asyncFailure, failure } from "../support/failure.ts";
import { Toy } from "../support/models.ts";

const test = suite("words of interventions");

/** One point, `[batch, pos, d]` of 1 to 6. */
class Rows extends Module {
  readonly hook_x: HookPoint = new HookPoint({ axes: ["batch", "pos", "d"] });
  override forward(x: Tensor): Tensor {
    return this.hook_x.call(x);
  }
}

const at = "hook_x";
const ROWS = [1, 2, 3, 4, 5, 6];

function rowsOf(intervention: Intervention): number[] {
  const x = tensor3d(ROWS, [1, 3, 2]);
  const model = new Rows();
  using run = new Interventions({ interventions: [intervention] }).run(model, x);
  const values = [...run.output.dataSync()];
  x.dispose();
  assert.is(countHooks(model), 0);
  return values;
}

for (const [word, intervention, wanted] of [
  ["suppress", { at, op: "suppress" }, [0, 0, 0, 0, 0, 0]],
  ["suppress at one position", { at, op: "suppress", pos: 1 }, [1, 2, 0, 0, 5, 6]],
  ["suppress at several", { at, op: "suppress", pos: [0, -1] }, [0, 0, 3, 4, 0, 0]],
  ["scale", { at, op: "scale", factor: 2 }, [2, 4, 6, 8, 10, 12]],
  ["scale at a position", { at, op: "scale", factor: -1, pos: [2] }, [1, 2, 3, 4, -5, -6]],
  ["add a number", { at, op: "add", value: 10 }, [11, 12, 13, 14, 15, 16]],
  ["add of the width", { at, op: "add", value: [10, 20], pos: 0 }, [11, 22, 3, 4, 5, 6]],
  ["set a number", { at, op: "set", value: 7 }, [7, 7, 7, 7, 7, 7]],
  ["set of the width", { at, op: "set", value: [7, 8], pos: [1, 2] }, [1, 2, 7, 8, 7, 8]],
  ["patchAt", { at, kind: "patchAt", position: 1, value: [7, 8] }, [1, 2, 7, 8, 5, 6]],
  [
    "patchAt by a row of the whole rank",
    { at, kind: "patchAt", position: -1, value: { shape: [1, 1, 2], values: [7, 8] } },
    [1, 2, 3, 4, 7, 8],
  ],
  [
    "set with a row for each position, in their order",
    { at, kind: "set", positions: [2, 0], value: { shape: [2, 2], values: [7, 8, 9, 10] } },
    [9, 10, 3, 4, 7, 8],
  ],
  ["zero at positions", { at, kind: "zero", positions: [-3] }, [0, 0, 3, 4, 5, 6]],
  ["scale of our own at positions", { at, kind: "scale", factor: 3, positions: [1] }, [1, 2, 9, 12, 5, 6]],
  ["add of our own at positions", { at, kind: "add", value: 1, positions: [1] }, [1, 2, 4, 5, 5, 6]],
  [
    "replace by a list where one is there",
    { at, kind: "replace", value: { shape: [1, 3, 2], values: [6, 5, 4, 3, 2, 1] } },
    [6, 5, 4, 3, 2, 1],
  ],
] as const satisfies readonly (readonly [string, Intervention, readonly number[]])[]) {
  test(word, () => assert.equal(rowsOf(intervention), wanted));
}

test("words survive JSON and extension, and print as they were written", () => {
  const made = new Interventions({
    interventions: [
      { at, op: "set", value: [1, 2], pos: 3 },
      { at, op: "suppress" },
    ],
  }).extend({ interventions: [{ at, kind: "patchAt", position: 2, value: 0 }] });
  assert.is(String(made), "Interventions(set hook_x [2] at 3; suppress hook_x; patchAt hook_x [] at 2)");
  const back = Interventions.parse(JSON.stringify(made));
  assert.ok(back.equals(made));
  assert.equal(back.spec.interventions?.[0], { at, op: "set", value: [1, 2], pos: 3 });
});

test("data that is no intervention is refused with its place", () => {
  const refused = (item: unknown): string =>
    failure(() => new Interventions({ interventions: [item] } as HookSpec))[1].split(" docs/")[0] ?? "";
  const what = (text: string): string => `A HookSpec does not hold: interventions[0]${text}`;
  assert.is(refused({ at, op: "halve" }), what('.op is "halve", not one of suppress, scale, add, set.'));
  assert.is(
    refused({ at, op: "scale", factor: 2, position: 1 }),
    what(" is one with position, not a record of op, at, direction, factor, pos."),
  );
  assert.is(refused({ at, op: "scale" }), what(".factor is missing, not a finite number."));
  assert.is(refused({ at, op: "add", value: "1" }), what('.value is "1", not a record.'));
  assert.is(
    refused({ at, op: "add", value: [] }),
    what(".value is [], not a tensor, a list of finite numbers or a finite number."),
  );
  assert.is(
    refused({ at, op: "set", value: 1, pos: [1, 1] }),
    what(".pos is [1,1], not a list of different whole numbers."),
  );
  assert.is(
    refused({ at, kind: "patchAt", position: 0.5, value: 1 }),
    what(".position is 0.5, not a whole number."),
  );
  assert.is(refused({ at, kind: "patchAt", value: 1 }), what(".position is missing, not a whole number."));
  assert.is(
    refused({ at, kind: "zero", op: "suppress" }),
    what(" is one with op, not a record of kind, at, direction, positions."),
  );
});

test("positions outside, and values that do not fit, are refused in the run", () => {
  const x = tensor3d(ROWS, [1, 3, 2]);
  const run = (intervention: Intervention): readonly [string, string] =>
    failure(() => new Interventions({ interventions: [intervention] }).run(new Rows(), x));
  assert.equal(run({ at, op: "suppress", pos: 3 }), [
    "POSITION_OUTSIDE",
    "suppress was given position 3, but the value at hook_x has 3 positions. Use whole numbers from -3 to 2; negative ones count from the end.",
  ]);
  assert.equal(run({ at, kind: "patchAt", position: 0, value: [1, 2, 3] }), [
    "INTERVENTION_VALUE",
    "The intervention patchAt at hook_x has a value float32 [3] that does not fit [1, 1, 2]. Give the same shape, with leading axes left out or axes of length 1 where it repeats.",
  ]);
  x.dispose();
});

/** Scores that never run, beside what does. */
class Rare extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  readonly hook_never: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_x.call(x);
  }
}

test("an intervention that changes nothing, since its site never runs, is refused, not dropped", async () => {
  const x = tensor2d([[1]]);
  const idle = new Interventions({
    captures: [{ at: "hook_x" }],
    interventions: [
      { kind: "zero", at: "hook_*" },
      { op: "suppress", at: "hook_never" },
    ],
  });
  const told = [
    "INTERVENTION_UNFIRED",
    "The intervention suppress at hook_never has changed nothing: no site there has run. Place it where the model passes, or leave it out; reportOf(hooked) tells which sites ran.",
  ];
  const model = new Rare();
  assert.equal(
    failure(() => idle.run(model, x)),
    told,
  );
  assert.equal(await asyncFailure(() => idle.runAsync(model, x)), told);
  assert.is(countHooks(model), 0);
  using some = new Interventions({ interventions: [{ kind: "zero", at: "hook_*" }] }).run(model, x);
  assert.equal([...some.output.dataSync()], [0]);
  x.dispose();
});

test("a number is added to a value of any rank", () => {
  const x = scalar(2);
  using run = new Interventions({ interventions: [{ op: "add", at: "hook_mid", value: 5 }] }).run(
    new Toy(),
    x,
  );
  assert.equal([...run.output.dataSync()], [(7 + 5) ** 2 - 4]);
  x.dispose();
});

test("every file of a word is in the list of words", () => {
  const folder = new URL("../../packages/contexts/src/spec/words/", import.meta.url);
  const parts = ["word", "driven", "knockout-site"];
  const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const { message } = thrown(
    () => new Interventions({ interventions: [{ kind: "none", at: "a" } as never] }),
  );
  const [, listed = ""] = /one of ([\w, ]+)/.exec(message) ?? [];
  assert.equal(
    readdirSync(folder)
      .map((file) => file.replace(".ts", ""))
      .filter((name) => !parts.includes(name))
      .sort(),
    listed.split(", ").map(dashed).sort(),
  );
});

test.run();
