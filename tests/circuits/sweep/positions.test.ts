import { logitDifference, PATCH_TABLES, PatchingSweep, type PatchTable } from "@hookdict/circuits";
import { loadModel } from "@hookdict/models";
import { sum, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { naiveSweep } from "./naive.ts";
import { assertClose, LONG, numbers, withPrompts } from "./prompts.ts";

const test = suite("positions of patching sweeps");

/** Not the last position: those behind it need not be computed. */
const READ = 4;
const METRIC = logitDifference(3, 5, { position: READ });

const TABLES: readonly PatchTable[] = [
  { name: "stream", sites: "blocks.*.hook_resid_pre", axes: ["layer", "pos"] },
  { name: "keys", sites: "blocks.1.attn.hook_k", axes: ["pos"] },
  { name: "heads", sites: "blocks.0.attn.hook_z", axes: ["head"] },
  { name: "pattern", sites: "blocks.1.attn.hook_pattern", axes: ["dest"] },
  { name: "late", sites: "blocks.1.hook_mlp_out", axes: [], slice: { pos: -2 } },
];

for (const family of ["gpt2", "gptj", "gemma2", "mistral", "bloom", "qwen3-moe"]) {
  test(`${family}: runs that begin at later positions give what whole ones do`, async () => {
    using model = await loadModel(familyFolder(family));
    withPrompts((prompts) => {
      using hooked = new PatchingSweep({ tables: TABLES, metrics: METRIC }).prepare(model);
      const plan = hooked.plan(prompts);
      // From the third position to the one that is read, and in the last layer that one alone.
      assert.ok(plan.positions <= plan.layerEvaluations * (READ + 1 - 2) - 2 * plan.rows, String(plan));
      using result = hooked.sweep(prompts);
      for (const table of TABLES)
        assertClose(numbers(result, table.name), naiveSweep(model, prompts, table, METRIC), table.name);
    }, LONG);
  });
}

/** Cells of the last layer, where queries and what follows run at the position that is read alone. */
const LAST: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ["hook_resid_pre", { pos: 3 }],
  ["attn.hook_q", { pos: READ }],
  ["attn.hook_q", { pos: 3 }],
  ["attn.hook_v", { pos: 2 }],
  ["attn.hook_pattern", { dest: READ, src: 2 }],
  ["hook_attn_out", { pos: -2 }],
];

/** Families that differ in where queries look: windows, distances, rotations, sinks, norms behind sums, both ways. */
const LOOKS = [
  "gptj",
  "gemma2",
  "gpt-neo",
  "gpt-oss",
  "mistral",
  "bloom",
  "mpt",
  "falcon",
  "opt-postnorm",
  "bert",
];

for (const family of LOOKS) {
  test(`${family}: cells of the last layer, and of those that look back over windows, are what whole runs give`, async () => {
    using model = await loadModel(familyFolder(family));
    const last = `blocks.${model.blocks.length - 1}`;
    const tables = [
      ...LAST.map(([site, slice], i): PatchTable => ({
        name: `${i} ${site}`,
        sites: `${last}.${site}`,
        axes: [],
        slice,
      })),
      { name: "pattern", sites: "blocks.*.attn.hook_pattern", axes: ["layer"], slice: { dest: READ } },
    ];
    withPrompts((prompts) => {
      using hooked = new PatchingSweep({ tables, metrics: METRIC }).prepare(model);
      using result = hooked.sweep(prompts);
      for (const table of tables)
        assertClose(numbers(result, table.name), naiveSweep(model, prompts, table, METRIC), table.name);
    }, LONG);
  });
}

test("a cell of the last layer takes no run where what it patches is not read", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const last = `blocks.${model.blocks.length - 1}`;
  const skippedAt = (site: string): number =>
    withPrompts((prompts) => {
      const tables: PatchTable = { name: "last", sites: `${last}.${site}`, axes: ["pos"] };
      using hooked = new PatchingSweep({ tables, metrics: METRIC }).prepare(model);
      return hooked.plan(prompts).skipped;
    }, LONG);
  // Two positions are the same in both prompts, one stands behind.
  assert.equal(["hook_resid_pre", "attn.hook_v"].map(skippedAt), [3, 3]);
  assert.equal(["attn.hook_q", "attn.hook_z", "hook_resid_post"].map(skippedAt), [5, 5, 5]);
});

test("a metric that reads all positions needs whole runs", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const [, , , , late] = TABLES as readonly [unknown, unknown, unknown, unknown, PatchTable];
  const all = { name: "all", of: (logits: Tensor) => sum(logits, [1, 2]) };
  withPrompts((prompts) => {
    using whole = new PatchingSweep({ tables: late, metrics: all }).prepare(model);
    assert.is(whole.plan(prompts).positions, whole.plan(prompts).layerEvaluations * 6);
    using read = whole.sweep(prompts);
    assertClose(numbers(read, "late"), naiveSweep(model, prompts, late, all), "all positions");
  }, LONG);
});

test("the head is patched at the position that is read, wherever that is", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const tables: PatchTable = { name: "head", sites: "ln_final.hook_normalized", axes: ["pos"] };
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({ tables, metrics: METRIC }).prepare(model);
    assert.is(hooked.plan(prompts).skipped, 5);
    using result = hooked.sweep(prompts);
    assertClose(numbers(result, "head"), naiveSweep(model, prompts, tables, METRIC), "head");
  }, LONG);
});

test("what stands behind the position that metrics read takes no run", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const [stream] = PATCH_TABLES as readonly [PatchTable];
  const metrics = logitDifference(3, 5, { position: 2 });
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({ tables: stream, metrics }).prepare(model);
    assert.is(hooked.plan(prompts).skipped, model.blocks.length * 5);
    using result = hooked.sweep(prompts);
    assertClose(numbers(result, "resid_pre"), naiveSweep(model, prompts, stream, metrics), "resid_pre");
  }, LONG);
});

test.run();
