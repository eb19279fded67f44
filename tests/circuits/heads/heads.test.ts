import { ablateHeads, detectHeads, DETECTION_PATTERNS, logitDifference } from "@hookdict/circuits";
import { ActivationCaching } from "@hookdict/latent";
import { loadModel } from "@hookdict/models";
import { runWithHooks } from "@hookdict/contexts";
import { tensor, tensor2d, type Tensor, type Tensor2D, tidy, where, zerosLike } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { measure } from "../sweep/naive.ts";

const test = suite("what heads do");

const IDS = [1, 5, 3, 1, 5, 3];
const tokens = (): Tensor2D => tensor2d([IDS], undefined, "int32");

test("patterns of known kinds", () => {
  const rows = (name: string): string[] =>
    (DETECTION_PATTERNS.find((each) => each.name === name)?.of([7, 8, 7, 8]) ?? []).map((row) =>
      row.join(""),
    );
  assert.equal(rows("previousToken"), ["0000", "1000", "0100", "0010"]);
  assert.equal(rows("duplicateToken"), ["0000", "0000", "1000", "0100"]);
  assert.equal(rows("induction"), ["0000", "0000", "0100", "0010"]);
});

test("scores are shares of attention, or distances, with what is left out left out", async () => {
  using model = await loadModel(familyFolder("llama"));
  const x = tokens();
  using hooked = new ActivationCaching("blocks.1.attn.hook_pattern").prepare(model);
  hooked.call(x).dispose();
  const all = hooked.cache.get<Tensor>(["fwd", "blocks.1.attn.hook_pattern"]).dataSync();
  const size = IDS.length;
  const head = 2;
  for (const excludeBos of [false, true])
    for (const excludeCurrent of [false, true]) {
      let [seen, total, distance] = [0, 0, 0];
      for (let dest = 0; dest < size; dest++)
        for (let src = 0; src <= dest; src++) {
          if ((excludeBos && src === 0) || (excludeCurrent && src === dest)) continue;
          const weight = all[(head * size + dest) * size + src] ?? 0;
          const wanted = src === dest - 1 ? 1 : 0;
          total += weight;
          seen += weight * wanted;
          distance += Math.abs(weight - wanted);
        }
      const options = { pattern: "previousToken", excludeBos, excludeCurrent } as const;
      using share = detectHeads(model, x, options);
      using far = detectHeads(model, x, { ...options, measure: "abs" });
      const heads = share.get("values").shape[2] ?? 0;
      const at = heads + head;
      assert.ok(Math.abs((share.get("values").dataSync()[at] ?? NaN) - seen / total) < 1e-5);
      assert.ok(Math.abs((far.get("values").dataSync()[at] ?? NaN) - (1 - distance / size)) < 1e-5);
    }
  using own = detectHeads(model, x, {
    pattern: IDS.map((_, dest) => IDS.map((__, src) => (src === dest ? 1 : 0))),
  });
  assert.equal(own.get("axes"), ["batch", "layer", "head"]);
  x.dispose();
});

test("a head that is ablated is that head's output put to zero", async () => {
  using model = await loadModel(familyFolder("gptj"));
  const metric = logitDifference(3, 5);
  const x = tokens();
  using found = ablateHeads(model, x, { metrics: metric });
  const values = found.get("values").dataSync();
  const heads = found.get("values").shape[3] ?? 0;
  for (const layer of [0, 1]) {
    const logits = runWithHooks(model, [x], [
      [
        `blocks.${layer}.attn.hook_z`,
        (z: Tensor) =>
          tidy(() => {
            const mask = Uint8Array.from({ length: heads }, (_, i) => (i === 1 ? 1 : 0));
            return where(tensor(mask, [1, 1, heads, 1], "bool"), zerosLike(z), z);
          }),
      ],
    ]); // prettier-ignore
    assert.ok(Math.abs((values[layer * heads + 1] ?? NaN) - measure(logits, metric)) < 2e-4);
  }
  x.dispose();
});

test("patterns and measures that there are not", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const x = tokens();
  const fault = (options: object): string =>
    thrown(() => detectHeads(model, x, options as { pattern: "induction" })).message;
  assert.is(
    fault({ pattern: "copying" }),
    'detectHeads: the option pattern is "copying". Give "previousToken", "duplicateToken", "induction", or a pattern [dest, src].',
  );
  assert.ok(fault({ pattern: [[1]] }).endsWith("Give a pattern's name, or 6 rows of 6 numbers."));
  assert.is(
    fault({ pattern: "induction", measure: "cos" }),
    'detectHeads: the option measure is "cos". Give "mul" or "abs".',
  );
  x.dispose();
});

test.run();
