import {
  type AttributionMethod,
  DeepLift,
  FeatureAblation,
  InputXGradient,
  IntegratedGradients,
  NoiseTunnel,
  Occlusion,
  Saliency,
  ShapleyValues,
} from "@hookdict/attribution";
import { type Hookable, hookFunction } from "@hookdict/core";
import { loadModel, type Transformer } from "@hookdict/models";
import { isTensor, TensorDict } from "@hookdict/tensordict";
import {
  clone,
  dispose,
  memory,
  mul,
  reshape,
  scalar,
  slice,
  square,
  sum,
  tensor1d,
  tensor2d,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { familyFolder } from "../models/families/variants.ts";

// A record behind the inputs: what has a row for each example goes along with its example, in every run of every method.

const test = suite("arguments that go along");

interface Further {
  readonly scale: Tensor | readonly number[];
  readonly power?: number;
}

/** `scale · x²`, one number an example; the scale is the example's own, the power the same for all. */
const model = hookFunction((x: Tensor, { scale, power = 1 }: Further) => {
  const scales = Array.isArray(scale) ? tensor1d(scale as number[]) : (scale as Tensor);
  return mul(power, sum(mul(square(x), reshape(scales, [-1, 1])), 1));
}) as Hookable<readonly [Tensor, Further], Tensor>;

const X = [
  [1, 2, -3],
  [4, -5, 6],
  [0.5, 1.5, 2.5],
];
const SCALES = [2, -1, 10];

const METHODS: readonly AttributionMethod[] = [
  new Saliency({ absolute: false }),
  new InputXGradient(),
  new IntegratedGradients({ steps: 4 }),
  new DeepLift({ unknown: "gradient" }),
  new FeatureAblation(),
  new Occlusion({ window: [2] }),
  new ShapleyValues(),
  new NoiseTunnel(new Saliency({ absolute: false }), { samples: 3, stdev: 0 }),
];

function attributions(method: AttributionMethod, x: Tensor, further: Further, piece?: number): Float32Array {
  using hooked = method.prepare(model);
  using result = hooked.attribute([x, further], piece === undefined ? {} : { internalBatchSize: piece });
  return result.get<Tensor>(["attr", "input"]).dataSync<"float32">();
}

for (const method of METHODS)
  test(`${method.constructor.name} gives each example its own, as a tensor or as a list, in pieces of any size`, () => {
    tidy(() => {
      const x = tensor2d(X);
      const alone = SCALES.flatMap((scale, i) => [
        ...attributions(method, slice(x, i, 1), { scale: [scale], power: 3 }),
      ]);
      for (const scale of [SCALES, tensor1d(SCALES)])
        for (const piece of [undefined, 1, 2, 5]) {
          const found = attributions(method, x, { scale, power: 3 }, piece);
          for (const [i, value] of alone.entries())
            assert.ok(Math.abs(value - (found[i] ?? NaN)) < 1e-3, `${piece}: ${found[i]} for ${value}`); // float32
        }
    });
  });

test("a batch of several axes, or an example alone, takes its rows along", () => {
  tidy(() => {
    const x = reshape(tensor2d(X), [3, 1, 3]);
    using hooked = new Saliency({ absolute: false }).prepare(model);
    const further = { scale: SCALES.map((scale) => [scale]) as unknown as number[] };
    using several = hooked.attribute([x, further], { batchSize: [3, 1] });
    assert.equal(
      [...several.get<Tensor>(["attr", "input"]).dataSync()],
      [4, 8, -12, -8, 10, -12, 10, 30, 50],
    );
    using one = hooked.attribute([tensor1d([1, 2, 3]), { scale: scalar(2) }], {
      batchSize: [],
    });
    assert.equal([...one.get<Tensor>(["attr", "input"]).dataSync()], [4, 8, 12]);
  });
});

/** The same with the scale at any place of the record. */
const anywhere = hookFunction((x: Tensor, further: Readonly<Record<string, unknown>>) => {
  const inner = further["inner"] as { scale: Tensor } | undefined; // as the cases below give it
  const dict = further["dict"] as TensorDict | undefined;
  const scale =
    inner?.scale ?? dict?.get<Tensor>(["of", "scale"]) ?? (further["scale"] as Tensor | Float32Array);
  const scales = isTensor(scale) ? scale : tensor1d(scale);
  return sum(mul(square(x), reshape(scales, [-1, 1])), 1);
}) as Hookable<readonly [Tensor, object], Tensor>;

test("rows in records within the record, in TensorDicts and in typed arrays go along as well, and nothing is kept", () => {
  using hooked = new IntegratedGradients({ steps: 4 }).prepare(anywhere);
  const x = tensor2d(X);
  const scale = tensor1d(SCALES);
  using dict = new TensorDict(
    { of: new TensorDict({ scale: clone(scale) }, { batchSize: [3] }) },
    { batchSize: [3] },
  );
  const ring: Record<string, unknown> = { scale };
  ring["ring"] = ring;
  const gradients = (further: object, internalBatchSize?: number): number[] => {
    const options = internalBatchSize === undefined ? {} : { internalBatchSize };
    using result = hooked.attribute([x, further], options);
    return [...result.get<Tensor>(["attr", "input"]).dataSync()];
  };
  const want = [2, 8, 18, -16, -25, -36, 2.5, 22.5, 62.5];
  const before = memory().numTensors;
  for (const further of [{ inner: { scale } }, { dict }, { scale: Float32Array.from(SCALES) }, ring])
    for (const piece of [undefined, 1, 2])
      for (const [i, value] of gradients(further, piece).entries())
        assert.ok(Math.abs(value - (want[i] ?? NaN)) < 1e-4, `${piece}: ${value} for ${want[i]}`); // float32
  assert.is(memory().numTensors, before);
  dispose([x, scale]);
});

test("a tensor that was disposed is refused before anything runs, and a model that throws leaves nothing behind", () => {
  const x = tensor2d(X);
  const dead = tensor1d(SCALES);
  dead.dispose();
  const alive = tensor1d(SCALES);
  const gone = new TensorDict({ scale: clone(alive) }, { batchSize: [3] });
  gone.dispose();
  let runs = 0;
  const failing = hookFunction((input: Tensor, { scale }: { scale: Tensor }) => {
    if (++runs > 2) throw new Error("boom");
    return sum(mul(square(input), reshape(scale, [-1, 1])), 1);
  }) as Hookable<readonly [Tensor, object], Tensor>;
  const hint =
    "Give a list of the model's inputs: tensors, or one record of them, that share their first axis, the batch.";
  const before = memory().numTensors;
  for (const make of METHODS) {
    using hooked = make.prepare(failing);
    runs = 0;
    for (const [further, name, what] of [
      [{ scale: dead }, "scale", "float32 [3]"],
      [{ a: { b: dead } }, "a.b", "float32 [3]"],
      [{ gone }, "gone", "TensorDict"],
    ] as const) {
      const error = thrown(() => hooked.attribute([x, further])) as Error & { readonly code?: string };
      assert.is(error.code, "ATTRIBUTION_INPUTS");
      assert.is(error.message, `attribute was given ${name} as ${what}, which was disposed. ${hint}`);
    }
    assert.is(runs, 0);
    assert.is(
      thrown(() => hooked.attribute([x, { scale: alive }], { internalBatchSize: 1 })).message,
      "boom",
    );
    assert.is(memory().numTensors, before, make.constructor.name);
  }
  dispose([x, alive]);
});

test("a record that is no last argument, or behind nothing, is an input as before", () => {
  tidy(() => {
    using hooked = new Saliency().prepare(model);
    const wrong = [{ scale: SCALES }, tensor2d(X)] as never;
    const error = thrown(() => hooked.attribute(wrong)) as Error & { readonly code?: string };
    assert.is(error.code, "ATTRIBUTION_INPUTS");
  });
});

for (const name of ["gpt2", "llama", "bloom"])
  test(`${name}: the rows of a padded batch are attributed as each alone`, async () => {
    using padded = (await loadModel<Transformer>(familyFolder(name))) as Transformer & Disposable;
    const ids = [
      [14, 61, 88, 67, 38, 5],
      [3, 9, 27, 81],
    ];
    const target = { position: -1, index: [[7], [11]] } as const;
    tidy(() => {
      for (const method of [
        new Saliency({ at: "hook_embed", absolute: false }),
        new IntegratedGradients({ at: "hook_embed", steps: 3 }),
      ]) {
        using hooked = method.prepare(padded);
        const tokens = tensor2d([ids[0] ?? [], [0, 0, ...(ids[1] ?? [])]], undefined, "int32");
        const attentionMask = [
          [1, 1, 1, 1, 1, 1],
          [0, 0, 1, 1, 1, 1],
        ];
        for (const internalBatchSize of [undefined, 1]) {
          const options = { target, ...(internalBatchSize !== undefined && { internalBatchSize }) };
          using both = hooked.attribute([tokens, { attentionMask }], options);
          const whole = both.get<Tensor>(["attr", "hook_embed"]);
          for (const [i, row] of ids.entries()) {
            const own = { position: -1, index: [target.index[i] ?? []] } as never;
            using single = hooked.attribute([tensor2d([row], undefined, "int32")], { target: own });
            const want = single.get<Tensor>(["attr", "hook_embed"]).dataSync();
            const part = slice(whole, [i, 6 - row.length, 0], [1, row.length, -1]).dataSync();
            for (const [k, value] of want.entries())
              assert.ok(Math.abs(value - (part[k] ?? NaN)) < 2e-4, `${i}: ${part[k]} for ${value}`); // float32
          }
        }
      }
    });
  });

test.run();
