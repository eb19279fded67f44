import { PATCH_TABLES, PatchingSweep, type PatchTable, stackTables, TABLE_STACKS } from "@hookdict/circuits";
import { loadModel, type StateSpaceModel } from "@hookdict/models";
import { slice } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { naiveSweep } from "./naive.ts";
import { assertClose, METRIC, numbers, withPrompts } from "./prompts.ts";

const test = suite("tables of patching sweeps");

/** Families that differ in what a sweep meets: parallel blocks, grouped heads, norms behind branches and sums. */
const FAMILIES = ["gpt2", "gptj", "llama", "gemma2", "bloom-postres", "opt-postnorm", "bert"];

for (const family of FAMILIES) {
  test(`${family}: every table is what one forward pass for each cell gives`, async () => {
    using model = await loadModel(familyFolder(family));
    const paths = model.hookTarget().sites().map(({ path }) => path); // prettier-ignore
    const tables = PATCH_TABLES.filter(
      ({ name, sites }) =>
        name !== "attn_head_pattern_dest_src_pos" &&
        paths.includes(String(sites).replace("*", "0")) &&
        (family === "gpt2" ||
          ["resid_pre", "mlp_out", "attn_head_k_by_pos", "attn_head_pattern_by_pos"].includes(name)),
    );
    withPrompts((prompts) => {
      using hooked = new PatchingSweep({ tables, metrics: METRIC }).prepare(model);
      using result = hooked.sweep(prompts);
      for (const table of tables)
        assertClose(numbers(result, table.name), naiveSweep(model, prompts, table, METRIC), table.name);
    });
  });
}

test("a model that is no Transformer is swept over in whole runs, and gives the same", async () => {
  using model = await loadModel<StateSpaceModel>(familyFolder("mamba"));
  const table: PatchTable = { name: "stream", sites: "blocks.*.hook_resid_pre", axes: ["layer", "pos"] };
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({ tables: table, metrics: METRIC }).prepare(model);
    using result = hooked.sweep(prompts);
    assertClose(numbers(result, "stream"), naiveSweep(model, prompts, table, METRIC), "stream");
    assert.is(hooked.plan(prompts).layerEvaluations, 0);
  });
});

const GRIDS: readonly PatchTable[] = [
  { name: "together", sites: "blocks.*.hook_attn_out", axes: ["pos"] },
  { name: "edge", sites: "blocks.*.attn.hook_pattern", axes: ["layer", "head", "src"], slice: { dest: -1 } },
  { name: "turned", sites: "blocks.*.attn.hook_z", axes: ["head", "layer", "pos"] },
  { name: "embedding", sites: "hook_embed", axes: ["pos"] },
  { name: "head", sites: "ln_final.hook_normalized", axes: ["pos"] },
  { name: "neurons", sites: "blocks.1.mlp.hook_post", axes: ["dMlp"], slice: { pos: 1 } },
  { name: "whole", sites: "blocks.*.hook_mlp_out", axes: ["layer"] },
];

for (const table of GRIDS) {
  test(`the grid "${table.name}" is what one forward pass for each cell gives`, async () => {
    using model = await loadModel(familyFolder("gpt2"));
    withPrompts((prompts) => {
      using hooked = new PatchingSweep({ tables: table, metrics: METRIC }).prepare(model);
      using result = hooked.sweep(prompts);
      // The naive loop lays cells out in the order of the axes, as the sweep does.
      assertClose(numbers(result, table.name), naiveSweep(model, prompts, table, METRIC), table.name);
      assert.equal(result.get([table.name, "axes"]), ["metric", "pair", ...table.axes]);
    });
  });
}

test("stacked tables have heads of keys filled up with zeros", async () => {
  using model = await loadModel(familyFolder("llama"));
  withPrompts((prompts) => {
    const names = TABLE_STACKS["attn_head_by_pos_every"] ?? [];
    const tables = PATCH_TABLES.filter(({ name }) => names.includes(name));
    using hooked = new PatchingSweep({ tables, metrics: METRIC }).prepare(model);
    using result = hooked.sweep(prompts);
    using every = stackTables(result, names);
    const { nHeads, nKeyHeads } = model.config.blocks[0]?.attention ?? { nHeads: 0, nKeyHeads: 0 };
    assert.ok(nKeyHeads < nHeads);
    assert.equal(every.get("values").shape, [5, 1, 1, model.blocks.length, 3, nHeads]);
    const keys = slice(every.get("values"), [2, 0, 0, 0, 0, nKeyHeads], [1, 1, 1, -1, -1, -1]);
    assert.ok([...keys.dataSync()].every((value) => value === 0));
    keys.dispose();
    assert.equal(every.get("labels")["table"], names);
  });
});

test.run();
