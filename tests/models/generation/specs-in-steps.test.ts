import { type HookSpec, type Intervention, Interventions } from "@hookdict/contexts";
import { ActivationPatching, AttentionKnockout } from "@hookdict/latent";
import { generateRows, type LogitsModel, type Transformer } from "@hookdict/models";
import { TensorDict } from "@hookdict/tensordict";
import { fill, memory, mul, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { Custom } from "../../support/custom.ts";
import { decoder } from "./families.ts";

const test = suite("specs within the steps of a generation");

const PROMPT = [3, 5, 7, 2, 9];
const options = { maxNewTokens: 5 };

/** Numbers that change what follows. */
function numbers(...shape: number[]): { readonly shape: number[]; readonly values: number[] } {
  const size = shape.reduce((product, each) => product * each, 1);
  return { shape, values: Array.from({ length: size }, (_, i) => 8 * (((i * 7) % 5) - 2)) };
}

/** What must be the same with a cache and without, and another thing than nothing. */
async function holds(name: string, prepare: (model: Transformer) => LogitsModel & Disposable): Promise<void> {
  using model = await decoder(name);
  const before = memory().numTensors;
  const plain = await generateRows(model, [PROMPT], options);
  {
    using hooked = prepare(model);
    const cached = await generateRows(hooked, [PROMPT], options);
    assert.equal(cached, await generateRows(hooked, [PROMPT], { ...options, useCache: false }), name);
    assert.not.equal(cached, plain, name);
  }
  assert.is(memory().numTensors, before);
}

const spec = (intervention: Intervention): HookSpec => ({ interventions: [intervention] });

test("values of some positions are added and put in place where these are computed", async () => {
  for (const kind of ["add", "replace"] as const)
    for (const length of [3, 7]) {
      const value = numbers(1, length, 32);
      await holds("llama", (model) =>
        new Interventions(spec({ kind, at: "blocks.1.hook_resid_pre", value })).prepare(model),
      );
    }
});

test("a knockout's mask counts positions of the whole row, in all layers and behind windows", async () => {
  const edges = (cut: readonly (readonly [number, number])[]): number[] =>
    Array.from({ length: 81 }, (_, at) => +cut.some(([dest, src]) => dest * 9 + src === at));
  // Positions 6 and 7 are computed in later steps; a window of 5 has left positions 0 and 1 behind by then.
  const mask = { shape: [9, 9], values: edges([[4, 2], [6, 3], [6, 5], [7, 4], [7, 6], [8, 6]]) }; // prettier-ignore
  const knockout = spec({ kind: "knockout", at: "blocks.*.attn.hook_attn_scores", mask });
  for (const name of ["llama", "mistral"])
    await holds(name, (model) => new Interventions(knockout).prepare(model));
});

test("knocked-out and patched edges mean the same sources behind a window", async () => {
  const later = [5, 6, 7, 8];
  await holds("mistral", (model) => new AttentionKnockout({ from: later, to: [4, 5] }).prepare(model));
  const path = "blocks.1.attn.hook_pattern";
  using source = new TensorDict({ fwd: new TensorDict({ [path]: fill([1, 1, 1, 1], 20) }) });
  await holds("mistral", (model) =>
    new ActivationPatching(path, { source, slice: { dest: later, src: [4, 6] } }).prepare(model),
  );
});

test("hooks are told which position the first source is", async () => {
  using model = await decoder("mistral"); // a window of 5
  const seen: unknown[] = [];
  using hooked = new Custom((context) => {
    context.hook("blocks.0.attn.hook_pattern", "fwd", (x: Tensor, { firstPosition, firstSource }) => {
      seen.push([firstPosition, firstSource, x.shape[3]]);
    });
    context.hook("blocks.0.hook_resid_post", "fwd", (x: Tensor, { firstSource }) => mul(x, 1 + firstSource));
  }).prepare(model);
  await generateRows(hooked, [PROMPT], { maxNewTokens: 3 });
  assert.equal(seen, [
    [0, 0, 5],
    [5, 1, 5],
    [6, 2, 5],
  ]);
});

test.run();
