import { readdirSync } from "node:fs";
import { HookPoint, Module } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { bytesSource, memoryDirectory } from "@hookdict/tensordict/io";
import { expectClose } from "@hookdict/core/testing";
import { orthogonal, TRAINABLE_KINDS, TrainableInterventions, type TrainableSpec } from "@hookdict/tracing";
import {
  add,
  dispose,
  eye,
  matMul,
  mean,
  memory,
  mul,
  randomNormal,
  reshape,
  type Scalar,
  slice,
  square,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  tensor2d,
  tidy,
  train,
  type Variable,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure, failure } from "../support/failure.ts";
import { numbers } from "./models.ts";

const test = suite("trainable interventions");

/** x → x, through two points: `[batch, pos, d]`. */
class Passing extends Module {
  readonly hook_x: HookPoint = new HookPoint({ axes: ["batch", "pos", "d"] });
  readonly hook_y: HookPoint = new HookPoint({ axes: ["batch", "pos", "d"] });
  override forward(x: Tensor): Tensor {
    return this.hook_y.call(mul(this.hook_x.call(x), 1));
  }
}

/** [batch, pos, d] of increasing numbers from one on. */
function counted(shape: [number, number, number], from: number): Tensor {
  return tensor(
    Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => from + i),
    shape,
  );
}

function single(spec: Omit<TrainableSpec, "at">): TrainableInterventions {
  return new TrainableInterventions({ interventions: [{ at: "hook_x", ...spec }] });
}

test("every kind is one file of the folder and in the list", () => {
  const files = readdirSync(new URL("../../packages/tracing/src/trainable/kinds", import.meta.url));
  assert.is(files.length, TRAINABLE_KINDS.length);
  assert.is(new Set(TRAINABLE_KINDS.map(({ name }) => name)).size, files.length);
});

test("columns are orthonormal whatever they are made of", () => {
  tidy(() => {
    for (const [rank, width] of [
      [5, 5],
      [2, 7],
    ] as const) {
      const columns = orthogonal(randomNormal([rank, width], 0, 3, "float32", rank));
      expectClose(matMul(columns, columns, true), eye(rank), { atol: 1e-5 }); // float32 sums of `width` products
    }
  });
});

test("dimensions come from the source, the base or nowhere, as the kind says", () => {
  const [base, source] = [counted([1, 2, 2], 1), counted([1, 2, 2], 11)];
  const run = (kind: string): number[] => {
    using interventions = single({ kind, width: 2, partition: [[0, 1]] });
    return tidy(() =>
      numbers(interventions.run(new Passing(), { base: [base], sources: { source: [source] } })),
    );
  };
  assert.equal(run("interchange"), [11, 2, 13, 4]);
  assert.equal(run("zero"), [0, 2, 0, 4]);
  assert.equal(run("addition"), [12, 2, 16, 4]);
  assert.equal(run("subtraction"), [-10, 2, -10, 4]);
  assert.equal(run("steering"), [1, 2, 3, 4]); // its vector begins as zero
  assert.equal(run("mask"), [6, 2, 8, 4]); // half of each
  dispose([base, source]);
});

test("parts of a partition come from two sources, and the later one wins", () => {
  const [base, s1, s2] = [counted([1, 1, 3], 0), counted([1, 1, 3], 10), counted([1, 1, 3], 20)];
  const partition = [
    [1, 3],
    [0, 1],
  ] as const;
  const run = (first: number, second: number): number[] => {
    const parts = { kind: "interchange", at: "hook_x", width: 3, link: "shared", partition };
    using interventions = new TrainableInterventions({
      interventions: [
        { ...parts, source: "s1", subspaces: [first] },
        { ...parts, source: "s2", subspaces: [second] },
      ],
    });
    return tidy(() =>
      numbers(interventions.run(new Passing(), { base: [base], sources: { s1: [s1], s2: [s2] } })),
    );
  };
  assert.equal(run(0, 1), [20, 11, 12]);
  assert.equal(run(0, 0), [0, 21, 22]);
  dispose([base, s1, s2]);
});

test("positions are each example's own, on both sides", () => {
  const [base, source] = [counted([2, 6, 1], 0), counted([2, 6, 1], 100)];
  {
    using interventions = single({ kind: "interchange", width: 1 });
    const changed = tidy(() =>
      numbers(
        interventions.run(new Passing(), {
          base: [base],
          sources: { source: [source] },
          positions: [{ source: [3, [-1]], base: [5, 0] }],
        }),
      ),
    );
    assert.equal(changed, [0, 1, 2, 3, 4, 103, 111, 7, 8, 9, 10, 11]);
  }
  dispose([base, source]);
});

test("one head of a value is changed, and the others not", () => {
  class Heads extends Module {
    readonly hook_z: HookPoint = new HookPoint({ axes: ["batch", "pos", "head", "dHead"] });
    override forward(x: Tensor): Tensor {
      return this.hook_z.call(x);
    }
  }
  const base = tidy(() => reshape(counted([1, 1, 6], 1), [1, 1, 3, 2]));
  {
    using interventions = new TrainableInterventions({
      interventions: [{ kind: "zero", at: "hook_z", width: 2, head: 1 }],
    });
    assert.equal(
      tidy(() => numbers(interventions.run(new Heads(), { base: [base] }))),
      [1, 2, 0, 0, 5, 6],
    );
  }
  base.dispose();
});

test("in serial mode a source is run with the step before it, and the base with the last", () => {
  const [base, s1, s2] = [counted([1, 1, 1], 1), counted([1, 1, 1], 10), counted([1, 1, 1], 100)];
  const steps = [
    { kind: "addition", at: "hook_x", width: 1, source: "s1" },
    { kind: "addition", at: "hook_y", width: 1, source: "s2" },
  ];
  const run = (mode: "parallel" | "serial"): number[] => {
    using interventions = new TrainableInterventions({ interventions: steps, mode });
    return tidy(() =>
      numbers(interventions.run(new Passing(), { base: [base], sources: { s1: [s1], s2: [s2] } })),
    );
  };
  assert.equal(run("parallel"), [1 + 10 + 100]);
  assert.equal(run("serial"), [1 + (100 + 10)]);
  dispose([base, s1, s2]);
});

test("a mask hardens as its temperature falls", () => {
  const [base, source] = [tensor([[[0]]]), tensor([[[1]]])];
  {
    using interventions = single({ kind: "mask", width: 1, temperature: { start: 50, end: 0.1, steps: 10 } });
    const [mask] = interventions.variables;
    const start = tensor1d([1]);
    mask?.assign(start);
    start.dispose();
    const share = (step: number): number => {
      interventions.step = step;
      return tidy(
        () =>
          numbers(interventions.run(new Passing(), { base: [base], sources: { source: [source] } }))[0] ??
          NaN,
      );
    };
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    expectClose(
      [share(0), share(5), share(10), share(99)],
      [sigmoid(1 / 50), sigmoid(1 / 25.05), sigmoid(10), sigmoid(10)],
    );
  }
  dispose([base, source]);
});

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

test("data that is none is refused with its place", () => {
  const refused = (data: unknown): readonly [string, string] =>
    failure(
      () => new TrainableInterventions(data as ConstructorParameters<typeof TrainableInterventions>[0]),
    );
  const good = { kind: "interchange", at: "hook_x", width: 2 };
  assert.equal(refused({ interventions: [{ ...good, kind: "magic" }] }), [
    "TRAINABLE_SPEC",
    `interventions[0].kind of trainable interventions is "magic". It must be one of ${TRAINABLE_KINDS.map(({ name }) => name).join(", ")}.`,
  ]);
  assert.match(
    refused({ interventions: [] })[1],
    "interventions of trainable interventions is []. It must be a list with at least one.",
  );
  assert.match(
    refused({ interventions: [{ ...good, rank: 3 }] })[1],
    "It must be a whole number from 1 to the width.",
  );
  assert.match(
    refused({ interventions: [{ ...good, partition: [[0, 3]] }] })[1],
    "ranges [from, to) within 2 dimensions",
  );
  assert.match(
    refused({ interventions: [{ ...good, extra: 1 }] })[1],
    "interventions[0].extra of trainable interventions is 1.",
  );
  assert.match(refused({ interventions: [good], mode: "both" })[1], '"parallel" or "serial"');
  assert.equal(
    refused({
      interventions: [
        { ...good, kind: "lowRankRotation", rank: 1, link: "a" },
        { ...good, kind: "lowRankRotation", rank: 2, link: "a" },
      ],
    }),
    [
      "TRAINABLE_LINK",
      'Interventions with the link "a" have weights of different kinds or shapes: lowRankRotation {"vectors":{"shape":[1,2],"deviation":1,"mean":0}} and lowRankRotation {"vectors":{"shape":[2,2],"deviation":1,"mean":0}}. Linked interventions share their weights: give them one kind, width and rank.',
    ],
  );
});

test("runs that cannot be are refused, and leave nothing", () => {
  const base = counted([1, 2, 2], 0);
  const before = memory().numTensors;
  const refused = (spec: Partial<TrainableSpec>, inputs: object = {}): readonly [string, string] => {
    using interventions = single({ kind: "zero", width: 2, ...spec });
    const model = new Passing();
    const told = failure(() => interventions.run(model, { base: [base], ...inputs }));
    assert.is(model.hook_x.hookSlot, null);
    return told;
  };
  assert.equal(refused({ kind: "interchange" }), [
    "TRAINABLE_SOURCE",
    'An intervention takes its values from the source "source", but the run was given none. Give the inputs of each source by name: run(model, { base: [x], sources: { source: [y] } }).',
  ]);
  assert.equal(refused({ width: 3 }), [
    "TRAINABLE_SHAPE",
    "The value at hook_x is float32 [1, 2, 2], which has no last axis of 3. Give the width of the value's last axis; positions and heads need a value [batch, pos, ...], or declared axes.",
  ]);
  assert.equal(refused({}, { positions: [{ source: 0, base: 7 }] }), [
    "TRAINABLE_POSITIONS",
    "Positions for hook_x cannot be used: 7 is not among 2. Give { source, base }: a number for all examples, or a list for each, as many on both sides.",
  ]);
  assert.is(memory().numTensors, before);
  base.dispose();
});

test("a site that does not run, and a file of something else, are refused", async () => {
  class Lazy extends Module {
    readonly hook_x: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return mul(x, 1);
    }
  }
  const base = counted([1, 1, 2], 0);
  {
    using interventions = single({ kind: "zero", width: 2 });
    assert.equal(
      failure(() => tidy(() => interventions.run(new Lazy(), { base: [base] }))),
      [
        "TRAINABLE_UNREACHED",
        "The site hook_x did not run in the run of the base. Choose a site that runs for these inputs.",
      ],
    );
  }
  const directory = memoryDirectory("files");
  const dict = new TensorDict();
  dict.set("x", tensor1d([1]));
  await dict.save(await directory.create("other.safetensors"));
  assert.equal(
    await asyncFailure(
      TrainableInterventions.load(
        bytesSource("other", directory.files.get("other.safetensors") as Uint8Array),
      ),
    ),
    [
      "TRAINABLE_FILE",
      "The TensorDict holds no trainable interventions: it has no data under spec. Load what TrainableInterventions.save has written.",
    ],
  );
  dict.dispose();
  base.dispose();
});

test.run();
