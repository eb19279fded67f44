import { loadModel, type ModelOptions, type OptInPoint, type Transformer } from "@hookdict/models";
import { profile, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "./variants.ts";

const test = suite("what points on request cost");

const OPT_IN_POINTS: readonly OptInPoint[] = [
  "attn.hook_result",
  "hook_attn_in",
  "hook_q_input",
  "hook_k_input",
  "hook_v_input",
  "hook_mlp_in",
];

const sitesOf = (model: Transformer): string[] => model.hookTarget().sites().map(({ path }) => path); // prettier-ignore

/** Kernels of a forward pass, what they made, and values of the result. */
async function pass(
  name: string,
  points: ModelOptions["points"],
): Promise<{
  kernels: number;
  shapes: readonly string[];
  tensors: number;
  bytes: number;
  logits: readonly number[];
  sites: readonly string[];
}> {
  using model = await loadModel(familyFolder(name), points === undefined ? {} : { points });
  const tokens = tensor2d([[3, 5, 7, 2, 9]], [1, 5], "int32");
  let logits: Tensor | undefined;
  const { kernels, newTensors, peakBytes } = await profile(() => (logits = model.call(tokens)));
  const { dHead = 0, nHeads = 0 } = model.config.blocks[0]?.attention ?? {};
  assert.ok(dHead * nHeads > 0);
  const values = [...(logits?.dataSync() ?? [])];
  for (const each of [tokens, logits]) each?.dispose();
  return {
    kernels: kernels.length,
    shapes: kernels.flatMap(({ outputShapes }) => outputShapes.map((shape) => String(shape))),
    tensors: newTensors,
    bytes: peakBytes,
    logits: values,
    sites: sitesOf(model),
  };
}

for (const name of ["gpt2", "llama", "phi", "bert"])
  test(`${name}: nothing until they are asked for, and what each makes then`, async () => {
    using model = await loadModel(familyFolder(name));
    const { dModel } = model.config;
    const { nHeads, nKeyHeads } = model.config.blocks[0]?.attention ?? { nHeads: 0, nKeyHeads: 0 };
    const layers = model.blocks.length;
    const bare = await pass(name, undefined);
    assert.equal(await pass(name, []), bare);
    // No site of theirs, and no stream for each head.
    for (const point of OPT_IN_POINTS)
      assert.ok(!bare.sites.some((path) => path.endsWith(`.${point}`)), point); // prettier-ignore
    const byHead = [nHeads, nKeyHeads].map((heads) => String([1, 5, heads, dModel]));
    assert.ok(!bare.shapes.some((shape) => byHead.includes(shape)));
    for (const point of OPT_IN_POINTS) {
      if (point === "hook_attn_in" && nHeads !== nKeyHeads) continue; // there is none
      const asked = await pass(name, [point]);
      const added = asked.sites.filter((path) => !bare.sites.includes(path));
      assert.equal(added.filter((path) => path.endsWith(point)).length, layers, point);
      asked.logits.forEach((each, i) => assert.ok(Math.abs(each - (bare.logits[i] ?? NaN)) < 1e-4, point));
      if (point === "hook_mlp_in") {
        // It sees what is there.
        assert.equal([asked.kernels, asked.bytes], [bare.kernels, bare.bytes], point);
        continue;
      }
      assert.ok(asked.shapes.filter((shape) => byHead.includes(shape)).length >= layers, point);
      assert.ok(asked.bytes >= bare.bytes, `${point}: ${asked.bytes} bytes, ${bare.bytes}`);
    }
  });

test.run();
