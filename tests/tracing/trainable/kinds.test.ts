import { readdirSync } from "node:fs";
import { HookPoint, Module } from "@hookdict/core";
import { expectClose } from "@hookdict/core/testing";
import { orthogonal, TRAINABLE_KINDS, TrainableInterventions } from "@hookdict/tracing";
import {
  dispose,
  eye,
  matMul,
  randomNormal,
  reshape,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { numbers } from "../models.ts";
import { counted, Passing, single } from "./models.ts";

const test = suite("what trainable interventions do to values");

test("every kind is one file of the folder and in the list", () => {
  const files = readdirSync(new URL("../../../packages/tracing/src/trainable/kinds", import.meta.url));
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

test("a position of an input that has one alone", () => {
  const [base, source] = [counted([2, 1, 2], 1), counted([2, 1, 2], 11)];
  using interventions = single({ kind: "interchange", width: 2, subspaces: [0], partition: [[0, 1]] });
  const found = tidy(() =>
    numbers(
      interventions.run(new Passing(), {
        base: [base],
        sources: { source: [source] },
        positions: [{ source: [0, 0], base: [0, -1] }],
      }),
    ),
  );
  assert.equal(found, [11, 2, 13, 4]);
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

test.run();
