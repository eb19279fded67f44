import { logitDifference, PATCH_TABLES, PatchingSweep, type PatchTable } from "@hookdict/circuits";
import { hookFunction, site } from "@hookdict/core";
import { loadModel } from "@hookdict/models";
import { mul, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { ids, METRIC, withPrompts } from "./prompts.ts";

const test = suite("errors of patching sweeps");

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
        "The clean prompts are [1, 5], the corrupt ones [1, 3]. Give as many of both, equally long: the entry of one is put in the place of the other's.",
      ],
    );
    longer.dispose();
    assert.equal(refused({ metrics: { name: "odd", of: (logits: Tensor) => mul(logits, 2) } }, sweep), [
      "METRIC_SHAPE",
      `The metric "odd" gave float32 [1, 3, ${model.config.dVocab}] for 1 prompts. Give one float32 number for each prompt, as a tensor of shape [1].`,
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
    const outside = [
      "CIRCUIT_POSITION",
      "The position 9 is outside the 3 there are. Give whole numbers from -3 to 2; negative ones count from the end.",
    ];
    assert.equal(refused({ tables: { ...mixed, slice: { pos: 9 } } }, sweep), outside);
    assert.equal(refused({ metrics: logitDifference(3, 5, { position: 9 }) }, sweep), outside);
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
