import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { ioiTiny, referenceCases } from "./ioi-tiny.ts";

const test = suite("sites of GPT2");

/** Every size differs, so that no axis can be taken for another. */
const sizes = { nLayers: 2, nHeads: 2, dModel: 10, dMlp: 40, dVocab: 11, nPositions: 6 };
const length = {
  batch: 3,
  pos: 4,
  dest: 4,
  src: 4,
  head: 2,
  dHead: 5,
  dModel: 10,
  dMlp: 40,
  dVocab: 11,
  one: 1,
};
const isAxis = (name: string): name is keyof typeof length => Object.hasOwn(length, name);

test("the hook points are listed under TransformerLens's names, in the order in which they run", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const points = model
    .hookTarget()
    .sites()
    .filter(({ kind }) => kind === "point");
  assert.equal(
    points.map(({ path }) => path),
    referenceCases[0]?.names,
  );
});

test("every site declares its axes, and its values have the sizes of these axes", () => {
  using model = GPT2.fromConfig(sizes);
  using hooked = new ActivationCaching("**").prepare(model);
  const tokens = tensor2d(
    Array.from({ length: 3 * 4 }, (_, i) => i % 11),
    [3, 4],
    "int32",
  );
  hooked.call(tokens).dispose();
  tokens.dispose();
  for (const { path, axes = [] } of model.hookTarget().sites()) {
    const want = axes.map((name) => (isAxis(name) ? length[name] : NaN));
    assert.equal(hooked.cache.get(["fwd", path]).shape, want, path);
  }
});

test("modules are sites too: blocks, attention, layer norms, MLPs and the unembedding", () => {
  using model = GPT2.fromConfig(sizes);
  const modules = model
    .hookTarget()
    .sites()
    .filter(({ kind }) => kind === "module");
  const projections = ["q", "k", "v", "o"].map((name) => `attn.${name}`);
  const parts = ["ln1", "attn", ...projections, "ln2", "mlp", "mlp.in", "mlp.out"];
  const block = (path: string): string[] => [path, ...parts.map((part) => `${path}.${part}`)];
  assert.equal(
    modules.map(({ path }) => path),
    ["embed", "pos_embed", ...block("blocks.0"), ...block("blocks.1"), "ln_final", "unembed"],
  );
});

test("a layer norm that attention reads thrice is captured thrice", () => {
  using model = GPT2.fromConfig(sizes);
  using hooked = new ActivationCaching("blocks.0.ln1.hook_scale").prepare(model);
  const tokens = tensor2d([[1, 2]], [1, 2], "int32");
  hooked.call(tokens).dispose();
  tokens.dispose();
  const path = "blocks.0.ln1.hook_scale";
  assert.equal(
    [...hooked.cache.keys({ nested: true, leavesOnly: true })],
    [path, `${path}#1`, `${path}#2`].map((each) => ["fwd", each]),
  );
});

test.run();
