import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { slice, sum, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { take } from "../support/values.ts";
import { firstFarOff, ioiTiny } from "./ioi-tiny.ts";

const test = suite("GPT2 on other prompts");

const PROMPTS = [
  "Then Alice and Tom went to the school , Tom gave a ball to",
  "After Mary and Alice went to the museum , Alice handed a key to",
  "When Bob and John went to the store , Bob gave a drink to",
] as const;

/** Float32 sums of other lengths are taken in another order; logits are at most about 20. */
const ROUNDING = 1e-4;

const logitsOf = (model: GPT2, text: string | readonly string[]): number[] => {
  const tokens = model.tokens(text);
  const logits = model.call(tokens);
  tokens.dispose();
  return take(logits);
};

test("a batch gives what each of its prompts gives alone", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const alone = PROMPTS.flatMap((prompt) => logitsOf(model, prompt));
  const together = logitsOf(model, PROMPTS);
  assert.is(firstFarOff(Float32Array.from(together), Float32Array.from(alone), ROUNDING), undefined);
});

test("no position depends on a later one", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const words = PROMPTS[0].split(" ");
  const whole = logitsOf(model, PROMPTS[0]);
  for (const count of [1, 4, words.length - 1]) {
    const prefix = logitsOf(model, words.slice(0, count).join(" "));
    // One position more than words: the first token is the model's own.
    assert.is(prefix.length, (1 + count) * model.config.dVocab);
    const start = whole.slice(0, prefix.length);
    assert.is(firstFarOff(Float32Array.from(prefix), Float32Array.from(start), ROUNDING), undefined);
  }
});

test("every attention row sums to 1 and gives nothing to later positions", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  using hooked = new ActivationCaching("**.hook_pattern").prepare(model);
  const tokens = model.tokens(PROMPTS);
  hooked.call(tokens).dispose();
  tokens.dispose();
  for (const layer of [0, 1, 2, 3]) {
    const pattern: Tensor = hooked.cache.get(["fwd", `blocks.${layer}.attn.hook_pattern`]);
    const pos = pattern.shape[2] ?? 0;
    assert.ok(take(sum(pattern, -1)).every((total) => Math.abs(total - 1) < 1e-6));
    // The first destination sees the first source alone; the last source is seen by the last destination alone.
    const first = take(slice(pattern, [0, 0, 0, 1], [3, 4, 1, pos - 1]));
    const last = take(slice(pattern, [0, 0, 0, pos - 1], [3, 4, pos - 1, 1]));
    assert.ok([...first, ...last].every((weight) => weight === 0));
  }
});

test("the normalized residual stream has mean 0 and variance 1 at every position", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  using hooked = new ActivationCaching("ln_final.hook_normalized").prepare(model);
  const tokens = model.tokens(PROMPTS[1]);
  hooked.call(tokens).dispose();
  tokens.dispose();
  const normalized: Tensor = hooked.cache.get(["fwd", "ln_final.hook_normalized"]);
  const values = [...normalized.dataSync()];
  const width = model.config.dModel;
  for (let at = 0; at < values.length; at += width) {
    const row = values.slice(at, at + width);
    const mean = row.reduce((total, x) => total + x, 0) / width;
    const variance = row.reduce((total, x) => total + (x - mean) ** 2, 0) / width;
    assert.ok(Math.abs(mean) < 1e-5 && Math.abs(variance - 1) < 1e-3, `${mean}, ${variance}`);
  }
});

test("the model tells who is given something: the name that came once", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const answers = ["Alice", "Mary", "John"];
  for (const [index, prompt] of PROMPTS.entries()) {
    const logits = logitsOf(model, prompt).slice(-model.config.dVocab);
    assert.is(model.decode([logits.indexOf(Math.max(...logits))]), answers[index]);
  }
});

test.run();
