import { fileURLToPath } from "node:url";
import { runWithHooks } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { type EncoderDecoder, GPT2, loadModel, type OptInPoint, type Transformer } from "@hookdict/models";
import { TensorDict } from "@hookdict/tensordict";
import { abs, add, memory, mul, sub, sum, tensor, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";
import { ioiTiny, referenceCases } from "../ioi-tiny.ts";
import { familyFolder } from "./variants.ts";

const ANALYSIS = new URL("../../reference/analysis/reference.safetensors", import.meta.url);

const test = suite("inputs of heads");

const POINTS: readonly OptInPoint[] = ["hook_q_input", "hook_k_input", "hook_v_input"];
/** The same sums in another order. */
const TOLERANCE = 1e-4;

const tokens = (): ReturnType<typeof tensor2d> => tensor2d([[3, 5, 7, 2]], [1, 4], "int32");

function furthest(got: Tensor, want: Tensor): number {
  assert.equal(got.shape, want.shape);
  const gaps = take(tidy(() => abs(sub(got, want))));
  return gaps.reduce((most, each) => Math.max(most, each), 0);
}

/** Logits of a model with these points, and of one without. */
async function logitsOf(name: string, points: readonly OptInPoint[]): Promise<number> {
  using plain = await loadModel(familyFolder(name));
  using asked = await loadModel(familyFolder(name), { points });
  const given = tokens();
  const [want, got] = [plain.call(given), asked.call(given)];
  const gap = furthest(got, want);
  for (const each of [want, got, given]) each.dispose();
  return gap;
}

// Norms before, behind and around the branches; one for both; a stream that goes on from them; grouped heads; alibi; rotations.
for (const name of [
  "gpt2",
  "llama",
  "phi",
  "gptj",
  "bloom-postres",
  "olmo2",
  "bert",
  "gemma2",
  "opt-postnorm",
  "qwen3",
]) {
  test(`${name}: with an input for each head the model computes the same`, async () => {
    assert.ok((await logitsOf(name, POINTS)) < TOLERANCE);
  });
}

test("every head's input is the residual stream, and every site has the sizes of its axes", async () => {
  for (const [name, points] of [
    ["gpt2", [...POINTS, "hook_attn_in"]],
    ["llama", POINTS],
  ] as const) {
    using model = await loadModel(familyFolder(name), { points });
    using hooked = new ActivationCaching("blocks.1.**").prepare(model);
    const given = tokens();
    hooked.call(given).dispose();
    given.dispose();
    const { nHeads, nKeyHeads } = model.config.blocks[1]!.attention; // it has two layers
    const stream = hooked.cache.get<Tensor>(["fwd", "blocks.1.hook_resid_pre"]);
    const values = stream.dataSync();
    const { dModel } = model.config;
    for (const point of points) {
      const got = hooked.cache.get<Tensor>(["fwd", `blocks.1.${point}`]);
      const heads = point === "hook_k_input" || point === "hook_v_input" ? nKeyHeads : nHeads;
      assert.equal(got.shape, [1, 4, heads, dModel]);
      const isStream = got
        .dataSync()
        .every(
          (each: number, i: number) =>
            each === values[Math.floor(i / (heads * dModel)) * dModel + (i % dModel)],
        );
      assert.ok(isStream, point);
    }
    for (const { path, axes } of hooked.sites)
      if (path.startsWith("blocks.1.ln1"))
        assert.is(hooked.cache.get<Tensor>(["fwd", path]).rank, axes?.length, path);
  }
});

test("ioi-tiny: the values are TransformerLens's", async () => {
  const points: readonly OptInPoint[] = [...POINTS, "hook_attn_in", "hook_mlp_in"];
  using model = await GPT2.fromPretrained(ioiTiny, { points });
  using reference = await TensorDict.load(fileURLToPath(ANALYSIS));
  using hooked = new ActivationCaching("blocks.1.hook_*").prepare(model);
  const given = model.tokens(referenceCases[0]?.clean ?? "");
  hooked.call(given).dispose();
  given.dispose();
  for (const point of points) {
    const got = hooked.cache.get<Tensor>(["fwd", `blocks.1.${point}`]);
    assert.ok(furthest(got, reference.get<Tensor>(`optional/blocks.1.${point}`)) < TOLERANCE, point);
  }
});

test("what is changed in one head's input reaches that head's queries, and nothing else", async () => {
  using model = await loadModel(familyFolder("gpt2"), { points: ["hook_q_input"] });
  const { nHeads, dHead } = model.config.blocks[0]!.attention; // it has layers
  const { dModel } = model.config;
  const pick = tensor(
    Float32Array.from({ length: nHeads * dModel }, (_, i) =>
      Math.floor(i / dModel) === 1 ? (i % 3) + 1 : 0,
    ),
    [1, 1, nHeads, dModel],
  );
  const given = tokens();
  const queries = (hook?: (x: Tensor) => Tensor): Record<"q" | "k", Tensor> => {
    using hooked = new ActivationCaching(["blocks.0.attn.hook_q", "blocks.0.attn.hook_k"]).prepare(model);
    const hooks = hook === undefined ? [] : [["blocks.0.hook_q_input", hook] as const];
    runWithHooks(hooked, [given], hooks as never).dispose();
    const at = (name: string): Tensor => hooked.cache.release<Tensor>(["fwd", `blocks.0.attn.hook_${name}`]);
    return { q: at("q"), k: at("k") };
  };
  const [before, after] = [queries(), queries((x) => add(x, pick))];
  const changed = new Set<number>();
  const [was, is] = [before.q.dataSync(), after.q.dataSync()];
  was.forEach((each: number, i: number) => {
    if (Math.abs(each - (is[i] ?? NaN)) > 1e-6) changed.add(Math.floor(i / dHead) % nHeads);
  });
  assert.equal([...changed], [1]);
  assert.ok(furthest(before.k, after.k) === 0);
  for (const each of [...Object.values(before), ...Object.values(after), pick, given]) each.dispose();
});

test("an encoder and decoder has them in the attention to itself", async () => {
  const points: readonly OptInPoint[] = [...POINTS, "hook_attn_in"];
  for (const name of ["t5", "bart"]) {
    const [plain, asked] = [
      await loadModel<EncoderDecoder>(familyFolder(name)),
      await loadModel<EncoderDecoder>(familyFolder(name), { points }),
    ];
    using hooked = new ActivationCaching("{en,de}coder.*.hook_{attn_in,q_input,k_input,v_input}").prepare(
      asked,
    );
    const [given, decoderTokens] = [tokens(), tokens()];
    const [want, got] = [plain.call(given, { decoderTokens }), hooked.call(given, { decoderTokens })];
    assert.ok(furthest(got, want) < TOLERANCE, name);
    assert.equal(hooked.unfired, []);
    for (const each of [want, got, given, decoderTokens, plain, asked]) each.dispose();
  }
});

test("gradients pass inputs of heads: their sum is the stream's share", async () => {
  using model = await loadModel(familyFolder("gpt2"), { points: POINTS });
  using plain = await loadModel(familyFolder("gpt2"));
  const given = tokens();
  const gradientOf = (of: Transformer, sites: string[]): Tensor[] => {
    using hooked = new ActivationCaching(sites, { directions: ["bwd"] }).prepare(of);
    hooked.backward(() => {
      const logits = hooked.call(given);
      return sum(mul(logits, logits));
    });
    return sites.map((site) => hooked.cache.release<Tensor>(["bwd", site]));
  };
  const [got] = gradientOf(model, ["blocks.0.hook_resid_pre"]);
  const [want] = gradientOf(plain, ["blocks.0.hook_resid_pre"]);
  const scale = Math.max(...want!.dataSync().map(Math.abs));
  assert.ok(furthest(got!, want!) < 1e-4 * scale);
  for (const each of [got!, want!, given]) each.dispose();
});

test("one input of queries, keys and values is refused where heads of keys are fewer", async () => {
  const before = memory().numTensors;
  const [code, message] = await asyncFailure(loadModel(familyFolder("llama"), { points: ["hook_attn_in"] }));
  assert.is(code, "POINT_UNKNOWN");
  assert.match(message ?? "", 'A llama model has no point "hook_attn_in" to ask for.');
  assert.is(memory().numTensors, before);
});

test.run();
