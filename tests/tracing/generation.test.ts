import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { compose } from "@hookdict/contexts";
import { expectClose, leakFreeAsync } from "@hookdict/core/testing";
import { generateRows, loadModel, type Transformer } from "@hookdict/models";
import { openTrace, padded, type Trace } from "@hookdict/tracing";
import { slice, type Tensor, tensor3d, zerosLike } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { decoder, ints } from "../models/generation/families.ts";

const test = suite("traces of models that generate");

/** Sums of float32 in another order: a batch, a cache, padding. */
const CLOSE = { atol: 1e-4, rtol: 1e-4 };
const RESID = "blocks.1.hook_resid_post";
const PROMPT = [5, 17, 3, 29];

/** The stream at the last position, when all tokens are computed at once. */
function lastOf(model: Transformer, ids: readonly number[]): number[] {
  const tokens = ints([ids]);
  using hooked = new ActivationCaching(RESID).prepare(model);
  hooked.call(tokens).dispose();
  tokens.dispose();
  const stream = hooked.cache.get<Tensor>(["fwd", RESID]);
  return [...stream.dataSync()].slice(-(stream.shape[2] ?? 0));
}

for (const useCache of [true, false]) {
  test(`each step is a step of the trace, ${useCache ? "with" : "without"} a cache`, async () => {
    await leakFreeAsync(async () => {
      using model = await decoder("llama");
      const [plain = []] = await generateRows(model, [PROMPT], { maxNewTokens: 3, useCache });
      const trace = openTrace(model);
      const seen = trace.invoke(function* (t) {
        const streams: number[][] = [];
        for (let s = yield* t.step(0); s !== null; s = yield* t.step(s + 1)) {
          const stream = yield* t.output(RESID);
          assert.is(stream.shape[1], useCache && s > 0 ? 1 : PROMPT.length + s);
          streams.push([...stream.dataSync()].slice(-(stream.shape[2] ?? 0)));
        }
        return streams;
      });
      const rows = await trace.runAsync(async () =>
        generateRows(model, [PROMPT], { maxNewTokens: 3, useCache }),
      );
      assert.equal(rows, [plain]);
      assert.is(seen.value.length, 3);
      for (const [s, stream] of seen.value.entries())
        expectClose(stream, lastOf(model, plain.slice(0, PROMPT.length + s)), CLOSE);
      trace.dispose();
    });
  });
}

test("a body changes one step, and what follows is generated from there", async () => {
  await leakFreeAsync(async () => {
    using model = await decoder("llama");
    const [plain = []] = await generateRows(model, [PROMPT], { maxNewTokens: 3 });
    const trace = openTrace(model);
    const forced = (plain[PROMPT.length + 1] ?? 0) + 1;
    trace.invoke(function* (t) {
      yield* t.step(1);
      const logits = yield* t.output("unembed");
      const values = [...logits.dataSync()].fill(0);
      values[forced] = 100;
      yield* t.set("unembed", tensor3d(values, logits.shape as [number, number, number]));
    });
    const [row = []] =
      (await trace.runAsync(async () => generateRows(model, [PROMPT], { maxNewTokens: 3 }))) ?? [];
    assert.equal(row.slice(0, PROMPT.length + 2), [...plain.slice(0, PROMPT.length + 1), forced]);
    // What comes next follows from the forced token.
    const [next = []] = await generateRows(model, [row.slice(0, PROMPT.length + 2)], { maxNewTokens: 1 });
    assert.is(row.at(-1), next.at(-1));
    trace.dispose();
  });
});

test("prompts of several lengths are several calls of a step", async () => {
  await leakFreeAsync(async () => {
    using model = await decoder("llama");
    const prompts = [PROMPT, [7, 2]];
    const trace = openTrace(model);
    const seen = trace.invoke(function* (t) {
      const shapes: (readonly number[])[] = [];
      for (let s = yield* t.step(0); s !== null; s = yield* t.step(s + 1))
        for (const call of [0, 1]) shapes.push((yield* t.output(RESID, { call })).shape.slice(0, 2));
      return shapes;
    });
    const rows = await trace.runAsync(async () => generateRows(model, prompts, { maxNewTokens: 2 }));
    assert.equal(rows, await generateRows(model, prompts, { maxNewTokens: 2 }));
    assert.equal(seen.value, [
      [1, 4],
      [1, 2],
      [1, 1],
      [1, 1],
    ]);
    trace.dispose();
  });
});

test("contexts stand under a trace of a generation, and its caches have every step", async () => {
  await leakFreeAsync(async () => {
    using model = await decoder("llama");
    const zeros = new ActivationCaching(RESID).prepare(model);
    const tokens = ints([PROMPT]);
    zeros.call(tokens).dispose();
    const source = zeros.takeCache();
    zeros.dispose();
    source.set(["fwd", RESID], zerosLike(source.get<Tensor>(["fwd", RESID])));
    const hooked = compose(
      new ActivationCaching("blocks.0.hook_resid_pre"),
      new ActivationPatching(RESID, { source, positions: 1 }),
    ).prepare(model);
    const trace = openTrace(hooked);
    const cache = trace.cache({ sites: RESID });
    await trace.runAsync(async () => generateRows(model, [PROMPT], { maxNewTokens: 2 }));
    const visits = cache.visits(RESID).map(({ output }) => output as Tensor);
    assert.equal(
      visits.map(({ shape }) => shape[1]),
      [4, 1],
    );
    const second = slice(visits[0] as Tensor, [0, 1, 0], [1, 1, -1]);
    assert.ok(
      second.dataSync().every((value) => value === 0),
      "the patch was there first",
    );
    second.dispose();
    trace.dispose();
    hooked.dispose();
    source.dispose();
    tokens.dispose();
  });
});

test("unequal prompts in one padded batch are each as if alone, and positions are each prompt's own", async () => {
  await leakFreeAsync(async () => {
    for (const name of ["llama", "gpt-neox", "gpt2"]) {
      using model = await loadModel(new URL(`../reference/models/families/${name}/`, import.meta.url));
      const decoderModel: Transformer = model;
      const prompts = [PROMPT, [7], [9, 11]];
      const trace: Trace<never, Tensor, unknown, readonly number[]> = openTrace(decoderModel as never, {
        batch: padded({
          args: ({ tokens, mask }) => [tokens, { attentionMask: mask }] as never, // positions follow from the mask
        }),
      });
      const lasts = prompts.map((prompt) =>
        trace.invoke(prompt, function* (t) {
          const stream = yield* t.output(RESID);
          const width = stream.shape[2] ?? 0;
          const at = t.pos(-1) * width;
          const first = t.pos(0);
          return { first, last: [...stream.dataSync()].slice(at, at + width) };
        }),
      );
      trace.run();
      for (const [i, prompt] of prompts.entries()) {
        assert.is(lasts[i]?.value.first, PROMPT.length - prompt.length);
        expectClose(lasts[i]?.value.last ?? [], lastOf(decoderModel, prompt), CLOSE);
      }
      trace.dispose();
    }
  });
});

test.run();
