import { HookPoint, Module } from "@hookdict/core";
import { bytesSource, memoryDirectory } from "@hookdict/tensordict/io";
import { orthogonal, TrainableInterventions } from "@hookdict/tracing";
import {
  add,
  dispose,
  matMul,
  mean,
  mul,
  randomNormal,
  type Scalar,
  slice,
  square,
  sub,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
  train,
  type Variable,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { numbers } from "../models.ts";
import { counted, Passing } from "./models.ts";

const test = suite("trainable interventions that are kept and searched for");

test("what is saved and loaded gives identical outputs", async () => {
  const [base, source] = [counted([2, 3, 4], 1), counted([2, 3, 4], 50)];
  const positions = [{ source: 1, base: [[0], [2]] }, undefined, undefined, undefined];
  const interventions = new TrainableInterventions(
    {
      interventions: [
        { kind: "lowRankRotation", at: "hook_x", width: 4, rank: 2 },
        {
          kind: "rotatedSubspace",
          at: "hook_x",
          width: 4,
          link: "shared",
          subspaces: [0],
          partition: [[0, 2]],
        },
        {
          kind: "rotatedMask",
          at: "hook_y",
          width: 4,
          temperature: { start: 5, end: 0.5, steps: 4, shape: "geometric" },
        },
        { kind: "boundlessSubspace", at: "hook_y", width: 4 },
      ],
    },
    { seed: 3 },
  );
  interventions.step = 2;
  const directory = memoryDirectory("files");
  await interventions.save(await directory.create("interventions.safetensors"));
  const loaded = await TrainableInterventions.load(
    bytesSource("interventions", directory.files.get("interventions.safetensors") as Uint8Array),
  );
  const run = (one: TrainableInterventions): number[] =>
    tidy(() => numbers(one.run(new Passing(), { base: [base], sources: { source: [source] }, positions })));
  assert.equal(run(loaded), run(interventions));
  assert.equal(loaded.spec, interventions.spec);
  assert.is(loaded.step, 2);
  interventions.dispose();
  loaded.dispose();
  dispose([base, source]);
});

test("distributed alignment search finds a planted subspace", () => {
  // Two causal variables lie in a rotated space: out = [2a, 3b], and a is along the first direction.
  const directions = tidy(() => orthogonal(randomNormal([4, 4], 0, 1, "float32", 11)));
  class Planted extends Module {
    readonly hook_h: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      const hidden = this.hook_h.call(matMul(x, directions, false, true));
      return mul(slice(matMul(hidden, directions), [0, 0], [-1, 2]), tensor1d([2, 3]));
    }
  }
  const model = new Planted();
  const [base, source] = [
    randomNormal([64, 4], 0, 1, "float32", 1),
    randomNormal([64, 4], 0, 1, "float32", 2),
  ];
  const wanted = tidy(() => {
    const a = slice(source, [0, 0], [-1, 1]);
    return mul(
      add(mul(a, tensor2d([[1, 0]])), mul(slice(base, [0, 0], [-1, 2]), tensor2d([[0, 1]]))),
      tensor1d([2, 3]),
    );
  });
  const interventions = new TrainableInterventions(
    { interventions: [{ kind: "lowRankRotation", at: "hook_h", width: 4, rank: 1 }] },
    { seed: 5 },
  );
  const optimizer = train.adam(0.05);
  const counterfactual = (): Tensor =>
    interventions.run(model, { base: [base], sources: { source: [source] } });
  for (let i = 0; i < 150; i++)
    optimizer.minimize(() => mean<Scalar>(square(sub(counterfactual(), wanted))), false, [
      ...interventions.variables,
    ] as Variable[]);
  const cosine = tidy(() => {
    const found = orthogonal(interventions.variables[0] as Tensor);
    return Math.abs(numbers(matMul(found, slice(directions, [0, 0], [4, 1]), true))[0] ?? 0);
  });
  assert.ok(cosine > 0.999, `the direction found has the cosine ${cosine}`);
  const accuracy = tidy(() => {
    const [got, want] = [numbers(counterfactual()), numbers(wanted)];
    const isRight = (i: number): boolean =>
      (got[2 * i] ?? 0) > (got[2 * i + 1] ?? 0) === (want[2 * i] ?? 0) > (want[2 * i + 1] ?? 0);
    return Array.from({ length: 64 }, (_, i) => isRight(i)).filter(Boolean).length / 64;
  });
  assert.ok(accuracy >= 0.98, `interchange accuracy ${accuracy}`);
  optimizer.dispose();
  interventions.dispose();
  dispose([directions, base, source, wanted]);
});

test.run();
