import { GPT2 } from "@hookdict/models";
import { type CacheNode, type Invoke, openTrace, type TraceCache } from "@hookdict/tracing";
import type { Tensor, Tensor3D } from "@tensorflow/tfjs-core";
import { expectTypeOf } from "expect-type";

// Compiled, never run: what a trace's values are.

const model = GPT2.fromConfig({ nLayers: 1, nHeads: 1, dModel: 4, dVocab: 5, nPositions: 3 });
declare const tokens: Tensor;
const trace = openTrace(model);

const one = trace.invoke(tokens, function* (t) {
  const value = yield* t.output("blocks.0");
  expectTypeOf(value).toEqualTypeOf<Tensor>();
  const exact = yield* t.output<Tensor3D>("blocks.0");
  expectTypeOf(exact).toEqualTypeOf<Tensor3D>();
  const several = yield* t.output(["a", "b"]);
  expectTypeOf(several).toEqualTypeOf<[Tensor, Tensor]>();
  const step = yield* t.step(1);
  expectTypeOf(step).toEqualTypeOf<number | null>();
  const lengths = yield* t.steps({ end: 2 }, function* () {
    return (yield* t.input("a")).size;
  });
  expectTypeOf(lengths).toEqualTypeOf<number[]>();
  const inputs = yield* t.inputs("a");
  expectTypeOf(inputs).toEqualTypeOf<Tensor[]>();
  const gradient = yield* t.gradOutput("a");
  expectTypeOf(gradient).toEqualTypeOf<Tensor>();
  return { value, size: value.size };
});
expectTypeOf(one).toEqualTypeOf<Invoke<{ value: Tensor; size: number }>>();
expectTypeOf(one.value.size).toEqualTypeOf<number>();

const cell = trace.cell<Tensor3D>();
const taken = trace.invoke(function* () {
  return yield* cell.take();
});
expectTypeOf(taken.value).toEqualTypeOf<Tensor3D>();

expectTypeOf(trace.run()).toEqualTypeOf<Tensor3D | undefined>();
expectTypeOf(trace.run((call, args) => [call(...args)])).toEqualTypeOf<Tensor3D[] | undefined>();
expectTypeOf(trace.runAsync()).toEqualTypeOf<Promise<Tensor3D | undefined>>();

const cache = trace.cache();
expectTypeOf(cache).toEqualTypeOf<TraceCache<GPT2>>();
expectTypeOf(cache.root.blocks[0]?.attn.hook_q.output).toEqualTypeOf<Tensor | undefined>();
// @ts-expect-error -- no such module
void cache.root.blocks[0]?.nothing;
// @ts-expect-error -- not a list
void cache.root.ln_final[0];
declare const open: CacheNode;
expectTypeOf(open["anything"]?.output).toMatchTypeOf<Tensor | undefined>();

// @ts-expect-error -- a body is a generator function
trace.invoke(tokens, () => 5);
// @ts-expect-error -- the model takes a tensor, or texts
trace.invoke(5, function* () {});
