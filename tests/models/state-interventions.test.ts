import { type HookSpec, Interventions } from "@hookdict/contexts";
import { generateRows, loadModel, type StateSpaceModel } from "@hookdict/models";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { familyFolder } from "./families/variants.ts";
import { ints } from "./generation/families.ts";

const test = suite("interventions on recurrent states");

const WRITE = "blocks.0.mixer.hook_ssm_write";
const STATE = "blocks.0.mixer.hook_state";
const captures = [{ at: WRITE }, { at: STATE }];
const PROMPT = [3, 5, 7, 2, 9];
const mamba = (): Promise<StateSpaceModel> => loadModel<StateSpaceModel>(familyFolder("mamba"));

interface Seen {
  readonly writes: readonly number[];
  readonly states: readonly number[];
  readonly logits: readonly number[];
  /** dInner times dState */
  readonly width: number;
}

async function run(spec: HookSpec): Promise<Seen> {
  using model = await mamba();
  const tokens = ints([PROMPT]);
  using result = new Interventions({ captures }).extend(spec).run(model, tokens);
  const of = (path: string): Tensor => result.require(path);
  const [, pos = 1] = of(STATE).shape;
  tokens.dispose();
  return {
    writes: [...of(WRITE).dataSync()],
    states: [...of(STATE).dataSync()],
    logits: [...result.output.dataSync()],
    width: of(STATE).size / pos,
  };
}

/** What the recurrence makes of writes that are multiplied at one position. */
function expected({ writes, states, width }: Seen, position: number, factor: number): number[] {
  const made: number[] = [];
  for (const [at, write] of writes.entries()) {
    const before = states[at - width];
    const decay = before === undefined ? 0 : ((states[at] ?? 0) - write) / before;
    made.push(decay * (made[at - width] ?? 0) + write * (Math.floor(at / width) === position ? factor : 1));
  }
  return made;
}

for (const [name, factor, spec] of [
  ["knocked out", 0, { kind: "zero", at: WRITE, positions: [2] }],
  ["amplified", 3, { kind: "scale", factor: 3, at: WRITE, positions: [2] }],
  ["suppressed, in a driver's words", 0, { op: "suppress", at: WRITE, pos: 2 }],
] as const) {
  test(`what a token writes is ${name}: all later states feel it`, async () => {
    const plain = await run({});
    const changed = await run({ interventions: [spec] });
    const wanted = expected(plain, 2, factor);
    for (const [at, value] of changed.states.entries()) {
      const limit = 1e-5 + 1e-3 * Math.abs(wanted[at] ?? 0);
      assert.ok(Math.abs(value - (wanted[at] ?? Number.NaN)) < limit, `${at}: ${value} for ${wanted[at]}`);
    }
    const vocabulary = plain.logits.length / PROMPT.length;
    assert.equal(changed.logits.slice(0, 2 * vocabulary), plain.logits.slice(0, 2 * vocabulary));
    for (const position of [2, 3, 4]) {
      const row = (of: Seen): readonly number[] =>
        of.logits.slice(position * vocabulary, (position + 1) * vocabulary);
      assert.ok(row(changed).some((value, at) => Math.abs(value - (row(plain)[at] ?? 0)) > 1e-4));
    }
  });
}

test("extension keeps the parts on states beside all others", async () => {
  const onState: HookSpec = { interventions: [{ kind: "zero", at: WRITE, positions: [2] }] };
  const both = await run(
    new Interventions(onState).extend({ interventions: [{ kind: "scale", factor: 1, at: "hook_embed" }] })
      .spec,
  );
  assert.equal(both.logits, (await run(onState)).logits);
  assert.not.equal(both.logits, (await run({})).logits);
});

test("a token that is knocked out of the state is so in a generation, too, with a cache and without", async () => {
  using model = await mamba();
  const plain = await generateRows(model, [PROMPT], { maxNewTokens: 6 });
  using hooked = new Interventions({
    interventions: [{ kind: "scale", factor: -40, at: "blocks.*.mixer.hook_ssm_write", positions: [2, 6] }],
  }).prepare(model);
  const cached = await generateRows(hooked, [PROMPT], { maxNewTokens: 6 });
  assert.equal(cached, await generateRows(hooked, [PROMPT], { maxNewTokens: 6, useCache: false }));
  assert.not.equal(cached, plain);
});

test.run();
