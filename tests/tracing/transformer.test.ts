import { expectClose } from "@hookdict/core/testing";
import { GPT2 } from "@hookdict/models";
import { openTrace } from "@hookdict/tracing";
import { memory, mul, reshape, slice, sub, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { ioiTiny, referenceCases } from "../models/ioi-tiny.ts";
import { numbers } from "./models.ts";

const test = suite("traces of a transformer");

/** Sums of float32 in another order: rows of one batch, or a batch of one. */
const CLOSE = { atol: 1e-4, rtol: 1e-4 };
const RESID = "blocks.1.hook_resid_pre";

const [first] = referenceCases;

async function load(): Promise<{ model: GPT2; clean: Tensor; corrupt: Tensor; [Symbol.dispose](): void }> {
  const model = await GPT2.fromPretrained(ioiTiny);
  const clean = model.tokens(first?.clean ?? "");
  const corrupt = model.tokens(first?.corrupt ?? "");
  return {
    model,
    clean,
    corrupt,
    [Symbol.dispose]: () => {
      for (const tensor of [clean, corrupt]) tensor.dispose();
      model.dispose();
    },
  };
}

test("patching from one prompt into another is one pass", async () => {
  using loaded = await load();
  const { model, clean, corrupt } = loaded;
  using trace = openTrace(model);
  const resid = trace.cell<Tensor>();
  trace.invoke(clean, function* (t) {
    resid.put(yield* t.output(RESID));
  });
  const patched = trace.invoke(corrupt, function* (t) {
    yield* t.set(RESID, yield* resid.take());
    return yield* t.result();
  });
  trace.run();
  // All of the residual stream is the clean prompt's, and so are the logits.
  const logits = tidy(() => model.call(clean as never));
  expectClose(patched.value, logits, CLOSE);
  logits.dispose();
});

test("what one run has cached at a layer, another sets, and has its logits", async () => {
  using loaded = await load();
  const { model, clean, corrupt } = loaded;
  using trace = openTrace(model);
  const cache = trace.cache({ sites: "blocks.1", inputs: true });
  trace.invoke(clean as never, function* () {});
  const logits = trace.take(trace.run()) as Tensor;
  const input = cache.root.blocks[1]?.input as Tensor;
  using later = openTrace(model);
  later.invoke(corrupt as never, function* (t) {
    yield* t.setInput("blocks.1", input);
  });
  expectClose(later.run() as Tensor, logits, CLOSE);
  logits.dispose();
});

test("heads are seen with their axes, and batched prompts are each their own", async () => {
  using loaded = await load();
  const { model, clean, corrupt } = loaded;
  using trace = openTrace(model);
  const ablate = (tokens: Tensor): { readonly value: Tensor } =>
    trace.invoke(tokens as never, function* (t) {
      const z = yield* t.output("blocks.0.attn.hook_z");
      const heads = z.shape[2] ?? 1;
      const keep = tidy(() =>
        reshape(tensor1d(Array.from({ length: heads }, (_, i) => (i === 1 ? 0 : 1))), [heads, 1]),
      );
      yield* t.set("blocks.0.attn.hook_z", mul(z, keep));
      return yield* t.result();
    });
  const together = [ablate(clean), ablate(corrupt)];
  trace.run();
  const alone = [clean, corrupt].map((tokens) => {
    const invoke = ablate(tokens);
    trace.run();
    return invoke;
  });
  for (const [i, invoke] of together.entries()) expectClose(invoke.value, alone[i]?.value as Tensor, CLOSE);
});

test("a lens calls the model's own parts inside a body", async () => {
  using loaded = await load();
  const { model, clean } = loaded;
  using trace = openTrace(model);
  const last = model.blocks.length - 1;
  const lens = trace.invoke(clean as never, function* (t) {
    const resid = yield* t.output(`blocks.${last}.hook_resid_post`);
    return model.unembed.call(model.ln_final.call(resid));
  });
  const logits = trace.run() as Tensor;
  expectClose(lens.value, logits, CLOSE);
});

test("gradients of a difference of logits come at every layer", async () => {
  using loaded = await load();
  const { model, clean } = loaded;
  const before = memory().numTensors;
  {
    using trace = openTrace(model, { gradients: "blocks.*.hook_resid_pre" });
    const seen = trace.invoke(clean as never, function* (t) {
      const logits = yield* t.result();
      const at = (logits.shape[1] ?? 1) - 1;
      const logit = (id: number): Tensor => reshape(slice(logits, [0, at, id], [1, 1, 1]), []);
      yield* t.backward(sub(logit(5), logit(6)));
      const layers: number[][] = [];
      for (let i = model.blocks.length - 1; i >= 0; i--)
        layers.push((yield* t.gradOutput(`blocks.${i}.hook_resid_pre`)).shape);
      return layers;
    });
    trace.run();
    assert.is(seen.value.length, model.blocks.length);
    assert.equal(seen.value[0], [1, clean.shape[1], model.config.dModel]);
  }
  assert.is(memory().numTensors, before);
});

test("each of three calls of a layer norm is told apart, and a stop leaves the rest alone", async () => {
  using loaded = await load();
  const { model, clean } = loaded;
  using trace = openTrace(model);
  let shapes: number[][] = [];
  trace.invoke(clean as never, function* (t) {
    shapes = [0, 1, 2].map(() => []);
    for (const call of [0, 1, 2]) shapes[call] = (yield* t.output("blocks.0.ln1", { call })).shape;
    t.stop();
  });
  assert.is(trace.run(), undefined);
  assert.equal(
    shapes,
    [clean.shape, clean.shape, clean.shape].map((shape) => [...shape, model.config.dModel]),
  );
  const table = (() => {
    trace.invoke(clean as never, function* () {});
    return trace.scan();
  })();
  assert.is(table.at("blocks.0.ln1").length, 3);
  assert.equal(numbers(tidy(() => model.call(clean as never)).dispose()), []);
});

test.run();
