import {
  FeatureAblation,
  InputXGradient,
  IntegratedGradients,
  Saliency,
  type Target,
} from "@hookdict/attribution";
import type { Hookable } from "@hookdict/core";
import { loadModel, type Transformer } from "@hookdict/models";
import { concat, reshape, slice, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";

// Targets at positions of each row, and at several positions of one run: what they say, and what is computed for it.

const test = suite("targets at positions");

const IDS = [
  [14, 61, 88, 67, 38, 5],
  [3, 9, 27, 81, 43, 29],
];
const at = "hook_embed";
const TOKENS = [[7], [11]];
const ENDS = [3, -1];

type Model = Transformer & Hookable<readonly [Tensor], Tensor>;

/** A model, and how many logits' rows each of its runs computes. */
async function withModel(
  name: string,
  fn: (model: Model, tokens: Tensor, made: number[]) => void,
): Promise<void> {
  using model = (await loadModel<Transformer>(familyFolder(name))) as Model & Disposable;
  const made: number[] = [];
  const { unembed } = model;
  const forward = unembed.forward.bind(unembed);
  unembed.forward = (x: Tensor) => {
    made.push((x.shape[0] ?? 0) * (x.shape[1] ?? 0));
    return forward(x);
  };
  tidy(() => fn(model, tensor2d(IDS, undefined, "int32"), made));
}

/** The same target as a function, which reads all logits. */
function byFunction(positions: readonly number[], tokens: readonly (readonly number[])[]): Target {
  return (logits: Tensor, rows) =>
    tidy(() => {
      const [, pos = 1] = logits.shape;
      const each = rows.map((row, i) => {
        const place = positions[row % positions.length] ?? 0;
        const [token = 0] = tokens[row % tokens.length] ?? [];
        return reshape(slice(logits, [i, (place + pos) % pos, token], [1, 1, 1]), [1]);
      });
      return concat(each, 0);
    });
}

function assertSame(found: Tensor, wanted: Tensor, what: string): void {
  assert.equal(found.shape, wanted.shape);
  const values = found.dataSync();
  for (const [i, value] of wanted.dataSync().entries())
    assert.ok(Math.abs(value - (values[i] ?? NaN)) < 2e-4, `${what}: ${values[i]} for ${value}`); // float32
}

for (const name of ["gpt2", "llama", "bloom", "mistral", "gemma2", "gpt-neo", "bert"])
  test(`${name}: each row at its own position, with its own token`, async () => {
    await withModel(name, (model, tokens, made) => {
      const place = name === "bert" ? "blocks.0.hook_resid_pre" : at;
      for (const method of [
        new Saliency({ at: place, absolute: false }),
        new IntegratedGradients({ at: place, steps: 2, delta: true }),
      ]) {
        using hooked = method.prepare(model);
        using wanted = hooked.attribute([tokens], { target: byFunction(ENDS, TOKENS) });
        for (const internalBatchSize of [1, 3, 8]) {
          made.length = 0;
          using found = hooked.attribute([tokens], {
            target: { position: ENDS, index: TOKENS },
            internalBatchSize,
          });
          for (const key of wanted.keys({ nested: true, leavesOnly: true }))
            assertSame(found.get<Tensor>(key), wanted.get<Tensor>(key), `${name} ${String(key)}`);
          // A row of logits for each row that runs: the batch, or two copies of it and both ends, which are one for tokens.
          const rows = method instanceof Saliency ? 2 : 6;
          assert.is(
            made.reduce((a, b) => a + b, 0),
            rows,
            made.join(),
          );
        }
      }
    });
  });

test("several positions in one run: a row of logits for each target, and as many where rows are shared", async () => {
  await withModel("gpt2", (model, tokens, made) => {
    const targets: Target[] = [
      { position: 5, index: [7] },
      { position: 2, index: [11] },
      { position: ENDS, index: TOKENS },
    ];
    const functions = [byFunction([5], [[7]]), byFunction([2], [[11]]), byFunction(ENDS, TOKENS)];
    using gradients = new InputXGradient({ at }).prepare(model);
    using ablation = new FeatureAblation({ at: "blocks.1.hook_resid_mid" }).prepare(model);
    const place = { gradients: at, ablation: "blocks.1.hook_resid_mid" };
    for (const internalBatchSize of [1, 4, 100]) {
      made.length = 0;
      using found = gradients.attribute([tokens], { targets, internalBatchSize });
      assert.is(
        made.reduce((a, b) => a + b, 0),
        3 * 2,
        made.join(),
      );
      using wanted = gradients.attribute([tokens], { targets: functions });
      assertSame(found.get(["attr", place.gradients]), wanted.get(["attr", place.gradients]), "gradients");
    }
    made.length = 0;
    using found = ablation.attribute([tokens], { targets });
    const units = 6 * (found.get<Tensor>(["attr", place.ablation]).shape.at(-1) ?? 0);
    assert.is(
      made.reduce((a, b) => a + b, 0),
      3 * 2 * (1 + units),
    ); // the whole, and without each unit
    using wanted = ablation.attribute([tokens], { targets: functions });
    assertSame(found.get(["attr", place.ablation]), wanted.get(["attr", place.ablation]), "ablation");
    // Beside one that reads everything, all is computed.
    made.length = 0;
    using mixed = gradients.attribute([tokens], { targets: [targets[0] as Target, functions[1] as Target] });
    assert.is(
      made.reduce((a, b) => a + b, 0),
      2 * 2 * 6,
    );
    assert.ok(mixed.get<Tensor>(["attr", at]).size > 0);
  });
});

test("neurons of each row, beside positions", async () => {
  await withModel("gpt2", (model, tokens) => {
    using hooked = new Saliency({ at, absolute: false }).prepare(model);
    const site = "blocks.0.mlp.hook_post";
    const neurons = [
      [5, 3],
      [2, 8],
    ];
    using found = hooked.attribute([tokens], {
      targets: [
        { site, index: neurons },
        { position: ENDS, index: TOKENS },
      ],
    });
    for (const [i, index] of neurons.entries()) {
      using alone = hooked.attribute([tokens], { target: { site, index } });
      const [one, all] = [alone.get<Tensor>(["attr", at]), found.get<Tensor>(["attr", at])];
      assertSame(
        reshape(slice(all, [i, 0, 0, 0], [1, 1, -1, -1]), [-1]),
        reshape(slice(one, [i, 0, 0], [1, -1, -1]), [-1]),
        `row ${i}`,
      );
    }
    using positions = hooked.attribute([tokens], { target: { position: ENDS, index: TOKENS } });
    assertSame(
      reshape(slice(found.get<Tensor>(["attr", at]), [0, 1, 0, 0], [-1, 1, -1, -1]), [-1]),
      reshape(positions.get<Tensor>(["attr", at]), [-1]),
      "positions",
    );
  });
});

test("positions and indices of another batch, or outside", async () => {
  await withModel("gpt2", (model, tokens) => {
    using hooked = new Saliency({ at }).prepare(model);
    const fault = (target: object): string =>
      thrown(() => hooked.attribute([tokens], { target: target as Target })).message;
    const hint =
      "Give a class, one class for each example, a function of the output, or { site } or { position } with { index } or { of }.";
    assert.is(
      fault({ position: [1, 2, 3], index: [7] }),
      `The target {"position":[1,2,3],"index":[7]} fits no batch of 2. ${hint}`,
    );
    assert.is(
      fault({ position: 1, index: [[7]] }),
      `The target {"position":1,"index":[[7]]} fits no batch of 2. ${hint}`,
    );
    assert.is(
      fault({ position: [1, 6], index: [7] }),
      "The target 6 is outside the 6 there are. Give a whole number from 0 to 5.",
    );
    assert.is(
      fault({ position: 1, index: [[7], [4000]] }),
      "The target 4000 is outside the 96 there are. Give a whole number from 0 to 95.",
    );
  });
});

test.run();
