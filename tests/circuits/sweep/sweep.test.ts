import {
  logitDifference,
  logProbability,
  PATCH_TABLES,
  PatchingSweep,
  type PatchTable,
  stackTables,
  TABLE_STACKS,
  tokenLogit,
} from "@hookdict/circuits";
import { loadModel, type StateSpaceModel } from "@hookdict/models";
import { hookFunction, site } from "@hookdict/core";
import type { TensorDict } from "@hookdict/tensordict";
import {
  memory,
  mul,
  profile,
  slice,
  sum,
  type Tensor,
  tensor2d,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { ScaleEmbedding } from "../scale-embedding.ts";
import { measure, naiveSweep } from "./naive.ts";

const test = suite("patching sweeps");

/** Sums of float32 in another order, in logits of about 1. */
const ROUNDING = 2e-4;
const METRIC = logitDifference(3, 5);

const ids = (rows: readonly (readonly number[])[]): Tensor2D =>
  tensor2d(rows.map((row) => [...row]), undefined, "int32"); // prettier-ignore

interface Prompts {
  readonly clean: Tensor2D;
  readonly corrupt: Tensor2D;
}

function withPrompts<T>(fn: (prompts: Prompts) => T): T {
  const prompts = { clean: ids([[1, 5, 3, 7]]), corrupt: ids([[1, 5, 4, 7]]) };
  const end = (): void => [prompts.clean, prompts.corrupt].forEach((each) => each.dispose());
  const result = fn(prompts);
  if (result instanceof Promise) void result.finally(end);
  else end();
  return result;
}

const numbers = (result: TensorDict, table: string): number[] => [
  ...result.get<Tensor>([table, "values"]).dataSync(),
];

function assertClose(got: readonly number[], want: readonly number[], about: string): void {
  assert.is(got.length, want.length, about);
  const far = got.findIndex((value, i) => !(Math.abs(value - (want[i] ?? NaN)) < ROUNDING));
  assert.is(far, -1, `${about}: cell ${far} is ${got[far]} in place of ${want[far]}`);
}

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
  { name: "neurons", sites: "blocks.1.mlp.hook_post", axes: ["dMlp"], slice: { pos: 2 } },
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

test("several pairs and metrics from one sweep are those of each alone", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const clean = ids([[1, 5, 3, 7, 2], [9, 8, 3, 1, 2]]); // prettier-ignore
  const corrupt = ids([[1, 5, 4, 7, 2], [9, 2, 3, 1, 2]]); // prettier-ignore
  const [table] = PATCH_TABLES as readonly [PatchTable];
  const metrics = [
    logitDifference([3, 6], [5, 1]),
    logProbability([3, 6]),
    tokenLogit([3, 6], { position: 1 }),
  ];
  using hooked = new PatchingSweep({ tables: table, metrics }).prepare(model);
  using result = hooked.sweep({ clean, corrupt });
  assert.equal(result.get<Tensor>([table.name, "values"]).shape, [3, 2, model.blocks.length, 5]);
  const alone = [0, 1].map((pair) => {
    const [a, b] = [slice(clean, [pair, 0], [1, 5]), slice(corrupt, [pair, 0], [1, 5])];
    const [right, wrong] = [[3, 6][pair] ?? 0, [5, 1][pair] ?? 0];
    const each = [logitDifference(right, wrong), logProbability(right), tokenLogit(right, { position: 1 })];
    const values = each.map((metric) => naiveSweep(model, { clean: a, corrupt: b }, table, metric));
    a.dispose();
    b.dispose();
    return values;
  });
  const want = metrics.flatMap((_, m) => alone.flatMap((values) => values[m] ?? []));
  assertClose(numbers(result, table.name), want, "pairs");
  const cleanLogits = model.call(clean);
  const first = slice(cleanLogits, [0, 0, 0], [1, 5, -1]);
  assertClose(
    [result.get<Tensor>(["baselines", "clean"]).dataSync()[0] ?? 0],
    [measure(first, logitDifference(3, 5))],
    "baseline",
  );
  cleanLogits.dispose();
  clean.dispose();
  corrupt.dispose();
});

/** Prompts in which only the third of six tokens differs: cells begin there or later. */
const LONG = { clean: [1, 5, 3, 7, 2, 9], corrupt: [1, 5, 4, 7, 2, 9] };

for (const family of ["gpt2", "gptj", "gemma2", "mistral", "bloom", "qwen3-moe"]) {
  test(`${family}: runs that begin at later positions give what whole ones do`, async () => {
    using model = await loadModel(familyFolder(family));
    const late: PatchTable = { name: "late", sites: "blocks.1.hook_mlp_out", axes: [], slice: { pos: -2 } };
    const tables: PatchTable[] = [
      { name: "stream", sites: "blocks.*.hook_resid_pre", axes: ["layer", "pos"] },
      { name: "keys", sites: "blocks.1.attn.hook_k", axes: ["pos"] },
      { name: "heads", sites: "blocks.0.attn.hook_z", axes: ["head"] },
      { name: "pattern", sites: "blocks.1.attn.hook_pattern", axes: ["dest"] },
      late,
    ];
    const metric = logitDifference(3, 5, { position: 4 });
    const prompts = { clean: ids([LONG.clean]), corrupt: ids([LONG.corrupt]) };
    using hooked = new PatchingSweep({ tables, metrics: metric }).prepare(model);
    const plan = hooked.plan(prompts);
    assert.ok(plan.positions <= plan.layerEvaluations * 4, String(plan));
    using result = hooked.sweep(prompts);
    for (const table of tables)
      assertClose(numbers(result, table.name), naiveSweep(model, prompts, table, metric), table.name);
    // A metric that reads all positions needs whole runs.
    const all = { name: "all", of: (logits: Tensor) => sum(logits, [1, 2]) };
    using whole = new PatchingSweep({ tables: late, metrics: all }).prepare(model);
    assert.is(whole.plan(prompts).positions, whole.plan(prompts).layerEvaluations * 6);
    using read = whole.sweep(prompts);
    assertClose(numbers(read, "late"), naiveSweep(model, prompts, late, all), "all positions");
    for (const each of Object.values(prompts)) each.dispose();
  });
}

test("what stands behind the position that metrics read takes no run", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const prompts = { clean: ids([LONG.clean]), corrupt: ids([LONG.corrupt]) };
  const metrics = logitDifference(3, 5, { position: 2 });
  using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 1), metrics }).prepare(model);
  assert.is(hooked.plan(prompts).skipped, model.blocks.length * 5);
  using result = hooked.sweep(prompts);
  const want = naiveSweep(model, prompts, PATCH_TABLES[0] as PatchTable, metrics);
  assertClose(numbers(result, "resid_pre"), want, "resid_pre");
  for (const each of Object.values(prompts)) each.dispose();
});

test("the peak of memory stays below the budget", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const prompts = { clean: ids([LONG.clean]), corrupt: ids([LONG.corrupt]) };
  using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 8), metrics: METRIC }).prepare(model);
  const { held, perRow } = hooked.plan(prompts).bytes;
  for (const rows of [1, 4, 20]) {
    const budget = held + rows * perRow;
    const before = memory().numBytes;
    const { peakBytes } = await profile(() => hooked.sweep(prompts, { memory: budget }).dispose());
    assert.ok(peakBytes - before <= budget, `${peakBytes - before} of ${budget} for ${rows} rows`);
  }
  for (const each of Object.values(prompts)) each.dispose();
});

test("the result does not depend on the memory, and what is taken stays below it", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 4), metrics: METRIC }).prepare(model);
    const { bytes } = hooked.plan(prompts);
    using all = hooked.sweep(prompts);
    for (const rows of [1, 3]) {
      const budget = bytes.held + rows * bytes.perRow;
      const plan = hooked.plan(prompts, { memory: budget });
      assert.ok(plan.rows <= rows);
      let most = 0;
      const before = memory().numBytes;
      const looks = hooked.context.hook(
        "**",
        "fwd",
        () => void (most = Math.max(most, memory().numBytes - before)),
      );
      using part = hooked.sweep(prompts, { memory: budget });
      looks.dispose();
      assert.ok(most <= budget, `${most} of ${budget}`);
      for (const { name } of PATCH_TABLES.slice(0, 4))
        assertClose(numbers(part, name), numbers(all, name), name);
    }
  });
});

test("a plan counts cells, runs and layers", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const layers = model.blocks.length;
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 1), metrics: METRIC }).prepare(model);
    const plan = hooked.plan(prompts);
    assert.is(plan.cells, layers * 4);
    // The first two tokens are the same; at layer 0 so is the one behind the third.
    assert.is(plan.skipped, layers * 2 + 1);
    // Rows join the others at their layers: one run for all.
    assert.is(plan.runs, 1);
    assert.is(plan.rows, plan.cells - plan.skipped);
    let evaluations = layers; // layer 0: one cell
    for (let layer = 1; layer < layers; layer++) evaluations += 2 * (layers - layer);
    assert.is(plan.layerEvaluations, evaluations);
    assert.is(plan.layerEvaluationsEach, layers * 4 * layers);
    assert.match(String(plan), /cells, \d+ of which change nothing\n1 runs of at most 5 rows\n/);
    const memoryOfTwo = plan.bytes.held + 2 * plan.bytes.perRow;
    const { runs } = hooked.plan(prompts, { memory: memoryOfTwo });
    assert.is(runs, Math.ceil(plan.rows / 2));
    const progress: string[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }): number =>
      progress.push(`${done}/${total}`);
    hooked.sweep(prompts, { memory: memoryOfTwo, onProgress }).dispose();
    assert.is(progress.at(-1), `${runs}/${runs}`);
  });
});

test("other hooks on the model stand in every run", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const [table] = PATCH_TABLES as readonly [PatchTable];
  withPrompts((prompts) => {
    using steered = new ScaleEmbedding(2).prepare(model);
    using alone = new PatchingSweep({ tables: table, metrics: METRIC }).prepare(steered);
    using result = alone.sweep(prompts);
    assertClose(numbers(result, table.name), naiveSweep(steered, prompts, table, METRIC), "steered");
    steered.dispose();
    using plain = new PatchingSweep({ tables: table, metrics: METRIC }).prepare(model);
    using other = plain.sweep(prompts);
    assert.not.equal(numbers(other, table.name), numbers(result, table.name));
  });
});

test("a sweep that waits gives the same, and ends between runs when it is aborted", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const prompts = { clean: ids([[1, 5, 3]]), corrupt: ids([[1, 4, 3]]) };
  using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 1), metrics: METRIC }).prepare(model);
  using now = hooked.sweep(prompts);
  using later = await hooked.sweepAsync(prompts);
  assert.equal(numbers(later, "resid_pre"), numbers(now, "resid_pre"));
  const controller = new AbortController();
  const { held, perRow } = hooked.plan(prompts).bytes;
  const error = await rejected(
    hooked.sweepAsync(prompts, {
      memory: held + perRow,
      signal: controller.signal,
      onProgress: () => controller.abort("enough"),
    }),
  );
  assert.is((error as Error & { code: string }).code, "CIRCUIT_ABORTED");
  assert.match(error.message, /^The sweep was aborted after 1 of \d+ runs\.$/);
  assert.is(error.cause, "enough");
  prompts.clean.dispose();
  prompts.corrupt.dispose();
});

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
    assert.equal(every.get("values").shape, [5, 1, 1, model.blocks.length, 4, nHeads]);
    const keys = slice(every.get("values"), [2, 0, 0, 0, 0, nKeyHeads], [1, 1, 1, -1, -1, -1]);
    assert.ok([...keys.dataSync()].every((value) => value === 0));
    keys.dispose();
    assert.equal(every.get("labels")["table"], names);
  });
});

test("what a sweep cannot do is said, and leaves nothing behind", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const [resid] = PATCH_TABLES as readonly [PatchTable];
  const refused = (
    options: object,
    fn: (hooked: ReturnType<PatchingSweep["prepare"]>) => unknown,
  ): string[] => {
    const error = thrown(() => {
      using hooked = new PatchingSweep({ tables: resid, metrics: METRIC, ...options }).prepare(model);
      fn(hooked);
    }) as Error & { code: string };
    return [error.code, error.message];
  };
  withPrompts((prompts) => {
    const sweep = (hooked: ReturnType<PatchingSweep["prepare"]>): unknown => hooked.sweep(prompts);
    const longer = ids([[1, 5, 4, 7, 2]]);
    assert.equal(
      refused({}, (hooked) => hooked.sweep({ clean: longer, corrupt: prompts.corrupt })),
      [
        "PROMPTS_UNEQUAL",
        "The clean prompts are [1, 5], the corrupt ones [1, 4]. Give as many of both, equally long: the entry of one is put in the place of the other's.",
      ],
    );
    longer.dispose();
    assert.equal(refused({ metrics: { name: "odd", of: (logits: Tensor) => mul(logits, 2) } }, sweep), [
      "METRIC_SHAPE",
      `The metric "odd" gave float32 [1, 4, ${model.config.dVocab}] for 1 prompts. Give one float32 number for each prompt, as a tensor of shape [1].`,
    ]);
    assert.equal(refused({ metrics: [METRIC, METRIC] }, sweep), [
      "METRIC_INVALID",
      "PatchingSweep was given 2 named logit difference, logit difference as metrics. Give one or several of different names, such as logitDifference(right, wrong), or { name, position, of(logits, pairs) }.",
    ]);
    const { held, perRow } = new PatchingSweep({ tables: resid, metrics: METRIC }).prepare(model).run((hooked) => hooked.plan(prompts)).bytes; // prettier-ignore
    assert.equal(
      refused({}, (hooked) => hooked.sweep(prompts, { memory: 1000 })),
      [
        "SWEEP_BUDGET",
        `A memory of 1000 bytes is too small: captures take ${held}, and one row takes ${perRow}. Give at least ${held + perRow}, or sweep over fewer sites at once.`,
      ],
    );
    assert.equal(refused({ tables: { ...resid, axes: ["layer", "head"] } }, sweep), [
      "SWEEP_AXIS",
      'The table resid_pre has the axis "head", and the site blocks.0.hook_resid_pre has pos, dModel. Name "layer", or axes that the sites declare.',
    ]);
    const mixed = {
      ...resid,
      sites: ["blocks.0.attn.hook_z", "blocks.0.mlp.hook_post"],
      axes: ["layer", "pos"],
    };
    assert.is(refused({ tables: { ...mixed, slice: { pos: 9 } } }, sweep)[0], "CIRCUIT_POSITION");
  });
});

test("sites of several shapes, and sites without a value for each prompt, make no table", async () => {
  using model = await loadModel(familyFolder("llama"));
  withPrompts((prompts) => {
    const error = (table: PatchTable): string[] => {
      using hooked = new PatchingSweep({ tables: table, metrics: METRIC }).prepare(model);
      const { code, message } = thrown(() => hooked.sweep(prompts)) as Error & { code: string };
      return [code, message];
    };
    const sites = ["blocks.0.attn.hook_q", "blocks.0.attn.hook_k"];
    assert.equal(error({ name: "mixed", sites, axes: ["layer", "head"] }), [
      "SWEEP_GRID",
      "The table mixed has cells [4] at its first site and [2] at blocks.0.attn.hook_k. Match sites of one shape, or make a table for each shape.",
    ]);
    assert.equal(error({ name: "cosines", sites: "blocks.0.attn.hook_cos", axes: ["layer"] }), [
      "SWEEP_UNFIRED",
      "The site blocks.0.attn.hook_cos of the table cosines did not run once with one tensor for each prompt. Match sites that these inputs pass, whose value is a tensor with the prompts along its first axis.",
    ]);
  });
});

test("a model whose output is no tensor is refused", () => {
  const model = hookFunction((x: Tensor) => ({ x: site("x", (y: Tensor) => mul(y, 2))(x) }), {
    sites: { x: null },
  });
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({
      tables: { name: "x", sites: "x", axes: [] },
      metrics: METRIC,
    }).prepare(model);
    const error = thrown(() => hooked.sweep(prompts)) as Error & { code: string };
    assert.is(error.code, "CIRCUIT_OUTPUT");
    assert.is(
      error.message,
      "function did not return one tensor. Circuits are found in models whose output is a tensor of logits.",
    );
  });
});

test.run();
