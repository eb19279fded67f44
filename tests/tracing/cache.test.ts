import { openTrace } from "@hookdict/tracing";
import { type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { column, numbers, Outer, Tower, Two } from "./models.ts";

const test = suite("caches of a trace");
const nothing = function* (): Generator<never, void> {};

test("a cache keeps outputs, inputs, or both", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const all = trace.cache({ inputs: true });
    const outputs = trace.cache({ sites: "l1" });
    const inputs = trace.cache({ inputs: true, outputs: false });
    trace.invoke(x, nothing);
    trace.run();
    assert.equal(numbers(all.output("l1")), numbers(all.input("l2")));
    assert.equal(all.keys, ["l1", "l2"]);
    assert.equal(outputs.keys, ["l1"]);
    assert.is(outputs.entry("l1").inputs, null);
    assert.is(outputs.entry("l1").input, null);
    assert.is(inputs.entry("l1").output, null);
    assert.equal(numbers(inputs.entry("l2").inputs?.[0]), [2]);
    assert.equal(
      failure(() => outputs.input("l1")),
      [
        "TRACE_CACHE_LEFT_OUT",
        'The cache was asked for the input of "l1", which it does not record. Create it with inputs: true, before the site runs.',
      ],
    );
  }
  x.dispose();
});

test("a cache has what the bodies have left, from its creation on", () => {
  const x = column(1);
  {
    using trace = openTrace(new Outer());
    const whole = trace.cache();
    const late = trace.invoke(x, function* (t) {
      yield* t.output("l1.hook_in");
      const cache = t.cache({ inputs: true });
      yield* t.set("l1", 0);
      return () => cache;
    });
    trace.run();
    const cache = late.value();
    assert.equal(numbers(whole.output("l1")), [0]);
    assert.equal(cache.keys, ["l1.hook_out", "l1", "l2"]);
    assert.is(cache.entry("l1").inputs, null);
    assert.equal(numbers(cache.output("l1")), [0]);
    assert.equal(
      failure(() => cache.entry("l1.hook_in")),
      [
        "TRACE_CACHE_KEY",
        'The trace\'s cache has nothing for "l1.hook_in". Its nearest are l1.hook_out, l1, l2; it records from its creation on.',
      ],
    );
  }
  x.dispose();
});

test("a cache of an invoke has its rows, and that of one without input has all", () => {
  const [a, b] = [column(1), column(2, 3)];
  {
    using trace = openTrace(new Two());
    trace.invoke(a, nothing);
    const rows = trace.invoke(b, function* (t) {
      const cache = t.cache();
      yield* t.result();
      return () => numbers(cache.output("l1"));
    });
    const all = trace.invoke(function* (t) {
      const cache = t.cache();
      yield* t.result();
      return () => numbers(cache.output("l1"));
    });
    trace.run();
    assert.equal(rows.value(), [3, 4]);
    assert.equal(all.value(), [2, 3, 4]);
  }
  a.dispose();
  b.dispose();
});

test("each step is an entry, and one alone is asked for explicitly", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const cache = trace.cache({ sites: "l1" });
    trace.run((call) => {
      for (let i = 0; i < 3; i++) call(x);
    });
    assert.equal(
      cache.visits("l1").map(({ step, call }) => [step, call]),
      [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    );
    assert.equal(
      failure(() => cache.output("l1")),
      [
        "TRACE_CACHE_SEVERAL",
        'One entry was asked of "l1", which was visited 3 times. Take them all with visits, which is a list with each one\'s step and call.',
      ],
    );
    assert.is(cache.root.l1.visits.length, 3);
    assert.match(String(cache), "l1: 3 visits");
  }
  x.dispose();
});

test("entries are found by path, along the model, by parts of a path and by number", () => {
  const x = column(0);
  {
    using trace = openTrace(new Tower(12));
    const cache = trace.cache({ inputs: true });
    trace.invoke(x, nothing);
    trace.run();
    const { root } = cache;
    const same = [
      cache.output("transformer.h.3"),
      cache.output("transformer/h/3"),
      root.transformer.h[3]?.output,
      root.transformer.h.at(3).output,
      root.at("transformer.h.3").output,
      root.transformer.at("h.3").output,
    ];
    assert.ok(same.every((tensor) => tensor === same[0]));
    assert.equal(numbers(root.transformer.h[1]?.output), [2]);
    assert.equal(numbers(root.transformer.h[10]?.input), [10]);
    assert.is(root.transformer.h.length, 12);
    assert.ok("h" in root.transformer);
    assert.equal(
      failure(() => root.transformer.h[12]),
      [
        "TRACE_CACHE_INDEX",
        "transformer.h was asked for its item 12, but it has 12. Items are counted from 0.",
      ],
    );
    assert.equal(
      failure(() => root.transformer.at("g")),
      ["TRACE_CACHE_CHILD", 'transformer has no "g". It has h.'],
    );
    assert.equal(
      failure(() => root.transformer.at(0)),
      [
        "TRACE_CACHE_NOT_LIST",
        "transformer was asked for its item 0, but it is no list. Ask for what is below it by name.",
      ],
    );
    assert.match(
      thrown(() => cache.output("transformer.h.12")).message,
      /^The trace's cache has nothing for "transformer.h.12"/,
    );
  }
  x.dispose();
});

test("names and further names stand for whole segments", () => {
  const x = column(0);
  const names = { transformer: "model", "h.0": "first", "1": "second", none: "unused" };
  {
    using trace = openTrace(new Tower(12));
    const [renamed, aliased] = [trace.cache({ rename: names }), trace.cache({ alias: names })];
    trace.invoke(x, nothing);
    trace.run();
    for (const cache of [renamed, aliased]) {
      assert.is(cache.output("model.first"), cache.output("transformer.h.0"));
      assert.is(cache.output("model.h.second"), cache.output("transformer.h.1"));
      assert.equal(numbers(cache.output("model.h.10")), [11]);
      assert.is(cache.root.at("model.first").output, cache.output("transformer.h.0"));
    }
    assert.equal(
      renamed.keys.filter((key) => /first|second|10/.test(key)),
      ["model.first", "model.h.second", "model.h.10"],
    );
    assert.ok(aliased.keys.includes("transformer.h.0"));
  }
  x.dispose();
});

test("a cache becomes a TensorDict without copies, which outlives the trace", () => {
  const x = column(1);
  const trace = openTrace(new Two());
  const cache = trace.cache({ inputs: true, dtype: "int32" });
  trace.run((call) => [call(x), call(x)]);
  const kept = cache.visits("l2")[1]?.output;
  const dict = cache.toTensorDict();
  trace.dispose();
  const found: Tensor = dict.get(["fwd", "l2#1"]);
  assert.is(found, kept);
  assert.is(found.dtype, "int32");
  assert.equal(numbers(dict.get(["fwd_pre", "l2"])), [2]);
  assert.is(cache.size, 0);
  dict.dispose();
  x.dispose();
});

test("on the host what was recorded is typed arrays", async () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const cache = trace.cache({ host: true, inputs: true });
    trace.invoke(x, nothing);
    trace.run();
    const value: unknown = cache.output("l1");
    assert.equal(value, { shape: [1, 1], dtype: "float32", data: new Float32Array([2]) });
    assert.equal(
      failure(() => cache.toTensorDict()),
      [
        "TRACE_CACHE_HOST",
        "toTensorDict was called on a cache whose values are typed arrays. Create the cache without host: true.",
      ],
    );
    trace.invoke(x, nothing);
    await trace.runAsync();
    const input: unknown = cache.input("l2");
    assert.equal(input, { shape: [1, 1], dtype: "float32", data: new Float32Array([2]) });
  }
  x.dispose();
});

test("a cache that was created too late has nothing, and says so", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const late = trace.invoke(x, function* (t) {
      yield* t.result();
      const cache = t.cache();
      return () => cache.output("l1");
    });
    trace.run();
    assert.equal(
      failure(() => late.value()),
      [
        "TRACE_CACHE_KEY",
        'The trace\'s cache has nothing for "l1". It has nothing at all: it records from its creation on, so create it before the sites run.',
      ],
    );
  }
  x.dispose();
});

test.run();
