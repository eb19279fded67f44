import type { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { takeOne } from "../support/values.ts";
import {
  firstFarOff,
  ioiTiny,
  metric,
  openReference,
  type ReferenceCase,
  referenceCases,
} from "./ioi-tiny.ts";

const test = suite("patch tables of ioi-tiny against TransformerLens");

/** Sites by the reference's name for the table, and the axis of which one entry at a time is patched. */
const TABLES = {
  resid_pre: ["hook_resid_pre", "positions"],
  attn_out: ["hook_attn_out", "positions"],
  mlp_out: ["hook_mlp_out", "positions"],
  head_z: ["attn.hook_z", "heads"],
  head_pattern: ["attn.hook_pattern", "heads"],
} as const;

/** What the tables may differ by: two forward passes' rounding, in a metric of about 9. */
const TABLE_TOLERANCE = 2e-3;

for (const [index, example] of referenceCases.entries()) {
  for (const [what, [site, axis]] of Object.entries(TABLES)) {
    test(`prompt ${index}: patching ${site} entry by entry gives the reference's table ${what}`, async () => {
      await using reference = await openReference();
      const want = await reference.read(`${index}/patch/${what}`);
      const [layers = 0, width = 0] = want.shape;
      const groups = axis === "heads" ? range(width).map((head) => [head]) : positionGroups(example);
      const got = await patchTable(example, site, axis, layers, groups);
      assert.is(got.length, layers * width);
      assert.is(firstFarOff(Float32Array.from(got), want.data, TABLE_TOLERANCE), undefined);
    });
  }
}

test("there is a table here for every one of the reference", async () => {
  await using reference = await openReference();
  const stored = [...reference.entries.keys()].filter((key) => key.includes("/patch/")).sort();
  const here = referenceCases.flatMap((_, index) =>
    Object.keys(TABLES).map((what) => `${index}/patch/${what}`),
  );
  assert.equal(stored, here.sort());
});

/**
 * Positions that are patched together. Up to the first token that differs both runs are the same, and one run with all
 * of those patched stands for each.
 */
function positionGroups({ clean_ids: clean, corrupt_ids: corrupt }: ReferenceCase): number[][] {
  const first = clean.findIndex((id, position) => id !== corrupt[position]);
  return [range(first), ...range(clean.length - first).map((i) => [first + i])];
}

/** Row by row the metric of the corrupt run with a group patched, once for every member of the group. */
async function patchTable(
  example: ReferenceCase,
  site: string,
  axis: "positions" | "heads",
  layers: number,
  groups: readonly number[][],
): Promise<number[]> {
  using model = await GPT2.fromPretrained(ioiTiny);
  using source = cacheSite(model, example, site);
  const corrupt = model.tokens(example.corrupt);
  const cell = (layer: number, entries: number[]): number => {
    using patched = new ActivationPatching(`blocks.${layer}.${site}`, { source, [axis]: entries }).prepare(
      model,
    );
    return takeOne(metric(model, patched.call(corrupt), example));
  };
  const row = (layer: number): number[] =>
    groups.flatMap((entries) => {
      const value = cell(layer, entries);
      return entries.map(() => value);
    });
  const table = range(layers).flatMap(row);
  corrupt.dispose();
  return table;
}

/** What every layer has at the site on the clean prompt. **Ownership:** *returns owned*. */
function cacheSite(model: GPT2, { clean }: ReferenceCase, site: string): TensorDict {
  using cached = new ActivationCaching(`blocks.*.${site}`).prepare(model);
  const tokens: Tensor = model.tokens(clean);
  cached.call(tokens).dispose();
  tokens.dispose();
  return cached.context.takeCache();
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

test.run();
