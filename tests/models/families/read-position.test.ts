import { IntegratedGradients, Saliency, type Target } from "@hookdict/attribution";
import { type Hookable, Module, MultiHookManager, readingAt } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { loadModel, type Transformer } from "@hookdict/models";
import { concat, reshape, slice, tensor2d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { familyFolder, variants } from "./variants.ts";

// What a caller reads of the logits is what it would have read of all of them, and so are its gradients.

const test = suite("logits at positions");

/** Sums in another order. */
const TOLERANCE = 2e-4;

const IDS = [
  [14, 61, 88, 67, 38, 5],
  [3, 9, 27, 81, 43, 29],
];
const MASK = [
  [0, 0, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 1],
];

function assertNear(found: Tensor, wanted: Tensor, what: string): void {
  assert.equal(found.shape, wanted.shape);
  const values = found.dataSync();
  for (const [i, value] of wanted.dataSync().entries())
    assert.ok(
      value === values[i] || Math.abs(value - (values[i] ?? NaN)) < TOLERANCE, // masked scores are infinite
      `${what}: ${values[i]} for ${value}`,
    );
}

type Model = Transformer & Hookable<readonly [Tensor], Tensor>;

/** Loads a variant that is a transformer with logits at positions. */
async function withModel(name: string, fn: (model: Model) => void): Promise<void> {
  using model = await loadModel<Transformer>(familyFolder(name));
  tidy(() => fn(model as Model));
}

/** Whether it is made of blocks with logits behind them: Mamba is not, nor are encoders without a head. */
function hasLogitsOf({ config }: Model): boolean {
  const head = config.head as (typeof config)["head"] | undefined;
  return head !== undefined && head.isAbsent !== true;
}

for (const name of [...variants("decoder"), ...variants("encoder")])
  test(`${name} gives at some positions what it gives there of all`, async () => {
    await withModel(name, (model) => {
      const tokens = tensor2d(IDS, undefined, "int32");
      for (const attentionMask of [undefined, tensor2d(MASK, undefined, "int32")]) {
        const inputs = attentionMask === undefined ? {} : { attentionMask };
        const all = model.call(tokens, inputs);
        for (const position of [-1, 3]) {
          const { value, isTaken } = readingAt(model, position, () => model.call(tokens, inputs));
          assert.is(isTaken, hasLogitsOf(model));
          if (isTaken) assertNear(value, slice(all, [0, (position + 6) % 6, 0], [-1, 1, -1]), `${position}`);
          else assertNear(value, all, "untaken");
        }
        const lists = [
          [-1, 2],
          [4, -2],
        ];
        const rows = readingAt(model, lists, () => model.call(tokens, inputs));
        assert.is(rows.isTaken, hasLogitsOf(model));
        if (rows.isTaken) assertNear(rows.value, atEach(all, lists), "lists");
      }
    });
  });

/** What rows have at the positions of their lists. */
function atEach(all: Tensor, lists: readonly (readonly number[])[]): Tensor {
  const parts = lists.map((list, row) =>
    concat(
      list.map((at) => slice(all, [row, (at + 6) % 6, 0], [1, 1, -1])),
      1,
    ),
  );
  return concat(parts, 0);
}

/** A model with another in it, on which there may be a hook then. */
class Around extends Module {
  readonly inner: Model;

  constructor(inner: Model) {
    super();
    this.inner = inner;
  }

  override forward(tokens: Tensor): Tensor {
    return this.inner.call(tokens);
  }
}

const NAME = variants("decoder").find((name) => name.startsWith("gpt2")) ?? "";

test("a model that can leaves the others out", async () => {
  await withModel(NAME, (model) => {
    const tokens = tensor2d(IDS, undefined, "int32");
    const { value, isTaken } = readingAt(model, -1, () => model.call(tokens));
    assert.equal([isTaken, value.shape[1]], [true, 1]);
    const beyond = readingAt(model, 6, () => model.call(tokens));
    assert.equal([beyond.isTaken, beyond.value.shape[1]], [false, 6]);
    const cached = readingAt(model, -1, () => {
      using cache = model.newCache();
      return model.withCache(cache, () => model.call(tokens));
    });
    assert.equal([cached.isTaken, cached.value.shape[1]], [true, 1]);
    assertNear(cached.value, value, "cached");
    const lists = [[0], [1]];
    for (const [position, wanted] of [
      [lists, true],
      [[[0], [6]], false],
      [[[0]], false], // of another batch
    ] as const)
      assert.is(readingAt(model, position, () => model.call(tokens)).isTaken, wanted);
    const goingOn = readingAt(model, lists, () => {
      using cache = model.newCache();
      return model.withCache(cache, () => model.call(tokens));
    });
    assert.not(goingOn.isTaken);
    const other = readingAt({}, -1, () => model.call(tokens));
    assert.equal([other.isTaken, other.value.shape[1]], [false, 6]);
  });
});

test("what a hook runs of the model is read as a whole", async () => {
  await withModel(NAME, (model) => {
    const tokens = tensor2d(IDS, undefined, "int32");
    using manager = new MultiHookManager(model);
    const shapes: number[][] = [];
    manager.register("hook_embed", "fwd", {
      kind: "observe",
      run: () => {
        if (shapes.length === 0) {
          shapes.push([]);
          shapes.push(model.call(tokens).shape);
        }
      },
    });
    const { value, isTaken } = readingAt(model, -1, () => model.call(tokens));
    assert.equal([isTaken, value.shape[1], shapes[1]?.[1]], [true, 1, 6]);
  });
});

test("a hook at any site sees all positions, whatever is read", async () => {
  await withModel(NAME, (model) => {
    const tokens = tensor2d(IDS, undefined, "int32");
    const all = model.call(tokens);
    for (const { path } of model.hookTarget().sites()) {
      using hooked = new ActivationCaching(path).prepare(model);
      hooked.call(tokens);
      const wanted = hooked.takeCache();
      const { value, isTaken } = readingAt(model, -1, () => hooked.call(tokens));
      const found = hooked.takeCache();
      for (const key of wanted.keys({ nested: true, leavesOnly: true }))
        assertNear(found.get<Tensor>(key), wanted.get<Tensor>(key), path);
      assert.ok(isTaken);
      assertNear(value, slice(all, [0, 5, 0], [-1, 1, -1]), path);
      for (const each of [wanted, found]) each.dispose();
    }
    const outer = new Around(model) as Around & Model;
    using around = new MultiHookManager(outer);
    let seen: readonly number[] = [];
    around.register("inner", "fwd", {
      kind: "observe",
      run: (logits: Tensor) => void (seen = logits.shape),
    });
    const { isTaken } = readingAt(model, -1, () => outer.call(tokens));
    assert.not(isTaken);
    assert.is(seen[1], 6);
  });
});

test("attributions to a position's logit are those to a function that reads it", async () => {
  await withModel(NAME, (model) => {
    const tokens = tensor2d(IDS, undefined, "int32");
    const byFunction =
      (at: number): Target =>
      (logits: Tensor): Tensor =>
        reshape(slice(logits, [0, at, 7], [-1, 1, 1]), [-1]);
    const index = [7];
    for (const at of ["hook_embed", "blocks.0.hook_resid_post", "blocks.1.attn.hook_z"])
      for (const make of [
        () => new Saliency({ at, absolute: false }),
        () => new IntegratedGradients({ at, steps: 2, delta: true }),
      ]) {
        using hooked = make().prepare(model);
        using wanted = hooked.attribute([tokens], { targets: [byFunction(5), byFunction(2)] });
        const targets: Target[] = [
          { position: -1, index },
          { position: 2, of: (there: Tensor): Tensor => reshape(slice(there, [0, 7], [-1, 1]), [-1]) },
        ];
        for (const internalBatchSize of [undefined, 1, 3]) {
          using found = hooked.attribute([tokens], {
            targets,
            ...(internalBatchSize && { internalBatchSize }),
          });
          for (const key of wanted.keys({ nested: true, leavesOnly: true }))
            assertNear(found.get<Tensor>(key), wanted.get<Tensor>(key), `${at} ${String(key)}`);
        }
        using mixed = hooked.attribute([tokens], { targets: [byFunction(5), targets[1] as Target] });
        assertNear(mixed.get<Tensor>(["attr", at]), wanted.get<Tensor>(["attr", at]), "mixed");
      }
  });
});

test("a position that there is not, or no position, is an error", async () => {
  await withModel(NAME, (model) => {
    const tokens = tensor2d(IDS, undefined, "int32");
    using hooked = new Saliency({ at: "hook_embed" }).prepare(model);
    const fault = (target: unknown): string =>
      thrown(() => hooked.attribute([tokens], { target } as { target: Target })).message;
    assert.is(
      fault({ position: 6, index: [7] }),
      "The target 6 is outside the 6 there are. Give a whole number from 0 to 5.",
    );
    assert.is(
      fault({ position: 0.5, index: [7] }),
      'The target {"position":0.5,"index":[7]} fits no batch of 2. Give a class, one class for each example, a function of the output, or { site } or { position } with { index } or { of }.',
    );
    assert.match(fault({ position: 1, site: "hook_embed", index: [7] }), "fits no batch of 2");
  });
});

test.run();
