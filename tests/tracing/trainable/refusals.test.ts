import { HookPoint, Module } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { bytesSource, memoryDirectory } from "@hookdict/tensordict/io";
import { TRAINABLE_KINDS, TrainableInterventions, type TrainableSpec } from "@hookdict/tracing";
import { memory, mul, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { counted, Passing, single } from "./models.ts";

const test = suite("what trainable interventions refuse");

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
