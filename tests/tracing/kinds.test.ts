import type { Hookable } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import {
  expectClose,
  tinyFunction,
  tinyGraph,
  tinyLayers,
  TinyModule,
  tinyTokens,
} from "@hookdict/core/testing";
import { openTrace } from "@hookdict/tracing";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { mul, scalar, sum, type Tensor } from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { assert, rejected, suite } from "../gate/suite.ts";
import { branches, loop } from "../core/graph/models.ts";
import { numbers } from "./models.ts";

const test = suite("traces of every kind of model");

/** Reads, writes, skips and stops; two invokes; a scan; where there are gradients, one of them. */
function tracesTiny(
  model: Hookable<[Tensor], Tensor>,
  calls: readonly [string, number][],
  options = {},
): void {
  const [tokens, twice] = [tinyTokens(), tinyTokens()];
  const [first] = calls;
  const [embed, mix] = [calls[0]?.[0] ?? "", calls[1]?.[0] ?? ""];
  const plain = model.hookTarget().call([tokens]);
  {
    using trace = openTrace(model);
    const seen = calls.map(([site, call]) =>
      trace.invoke(tokens, function* (t) {
        return yield* t.output(site, { call });
      }),
    );
    trace.scan();
    const output = trace.run();
    assert.is(output?.shape[0], calls.length * (tokens.shape[0] ?? 0));
    for (const invoke of seen) assert.is(invoke.value.shape[0], tokens.shape[0]);

    const read = trace.invoke(tokens, function* (t) {
      const value = yield* t.output(embed);
      yield* t.set(embed, mul(value, 2));
      yield* t.set(embed, value);
      return yield* t.result();
    });
    trace.run();
    expectClose(read.value, plain);

    const zero = trace.invoke(tokens, function* (t) {
      yield* t.skip(mix, mul(yield* t.input(mix), 0));
      return yield* t.output(mix);
    });
    const same = trace.invoke(twice, function* (t) {
      return yield* t.result();
    });
    trace.run();
    expectClose(same.value, plain);
    assert.ok(numbers(zero.value).every((value) => value === 0));

    trace.invoke(tokens, function* (t) {
      yield* t.output(embed);
      t.stop();
    });
    assert.is(trace.run(), undefined);
    assert.ok(first);
  }
  takesGradient(model, tokens, calls.at(-1)?.[0] ?? "", options);
  assert.is(model.hookTarget().entries.size, 0);
  for (const tensor of [tokens, twice, plain]) tensor.dispose();
}

function takesGradient(
  model: Hookable<[Tensor], Tensor>,
  tokens: Tensor,
  site: string,
  options: object,
): void {
  using trace = openTrace(model, { gradients: site, ...options });
  const seen = trace.invoke(tokens, function* (t) {
    yield* t.backward(sum(yield* t.result()));
    return numbers(yield* t.gradOutput(site));
  });
  trace.run();
  assert.ok(seen.value.every((value) => value === 1));
}

test("own modules", () => {
  using model = new TinyModule();
  tracesTiny(model, [
    ["embed", 0],
    ["mix", 0],
    ["mix", 1],
    ["head", 0],
  ]);
});

test("plain functions", () => {
  using tiny = tinyFunction();
  tracesTiny(tiny.model, [
    ["embed", 0],
    ["mix", 0],
    ["mix", 1],
    ["head", 0],
  ]);
});

test("models of layers", async () => {
  const model = await tinyLayers(loadLayersModel);
  tracesTiny(hookLayers(model) as Hookable<[Tensor], Tensor>, [
    ["embed", 0],
    ["mix", 0],
    ["mix", 1],
    ["head", 0],
  ]);
  for (const { val } of model.weights as unknown as { val: Tensor }[]) val.dispose();
});

test("graphs", async () => {
  const model = await tinyGraph(loadGraphModel);
  tracesTiny(hookGraph(model) as Hookable<[Tensor], Tensor>, [
    ["embed", 0],
    ["mix", 0],
    ["mix_1", 0],
    ["head", 0],
  ]);
  model.dispose();
});

test("graphs that wait while they run", async () => {
  const model = branches();
  const x = scalar(-3);
  {
    using trace = openTrace(hookGraph(model));
    const seen = trace.invoke(x, function* (t) {
      const less = yield* t.output("lowered.less");
      yield* t.set("lowered.less", mul(less, 100));
      return less;
    });
    const table = await trace.scanAsync();
    assert.equal(table.at("doubled.twice"), []);
    const output = await trace.runAsync();
    assert.equal(numbers(seen.value), [-4]);
    assert.equal(numbers(output), [-400 + 1]);
    trace.invoke(x, function* (t) {
      yield* t.skip("lowered.less", 7);
    });
    const wrong = trace.invoke(function* (t) {
      yield* t.output("doubled.twice");
    });
    assert.match((await rejected(trace.runAsync())).message, "never came: the site did not run");
    assert.not(wrong.isDone);
  }
  x.dispose();
  model.dispose();
});

test("loops of a graph are calls, and a function that waits may run it", async () => {
  const model = loop();
  const x = scalar(20);
  {
    using trace = openTrace(hookGraph(model));
    const seen = trace.invoke(function* (t) {
      const calls: number[][] = [];
      for (const call of [0, 1, 2]) calls.push(numbers(yield* t.output("grow.twice", { call })));
      yield* t.skip("grow.twice", scalar(1), { step: 1, call: 1 });
      return calls;
    });
    const outputs = await trace.runAsync(async (call) => [await call(x), await call(x)]);
    assert.equal(seen.value, [[40], [80], [160]]);
    assert.equal(outputs?.map(numbers), [[161], [2 ** 7 + 1]]); // doubled until it is above 100
  }
  x.dispose();
  model.dispose();
});

test.run();
