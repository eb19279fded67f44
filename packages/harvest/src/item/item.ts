import type { TensorDict } from "@hookdict/tensordict";
import type { TokenRows, TokenSet } from "../data/tokens.ts";
import { siteChanged } from "../plan/errors.ts";
import { type FeatureCounts, shardLayout } from "../plan/layout.ts";
import { type PlanFile, type PlannedTensor, rowsOf } from "../plan/plan.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { CapturingModel } from "./capture.ts";
import { allocate, bytesOf, store, type StoredArray } from "./encode.ts";
import { encodeFeatures } from "./encode-features.ts";
import { FeatureRows } from "./features.ts";
import { tensorAt } from "./plan-tensors.ts";

/** The bytes of a shard. */
export interface Shard {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly counts: FeatureCounts;
}

/** What an item is computed with. */
export interface ItemTools {
  readonly id: string;
  readonly plan: PlanFile;
  readonly recipe: Recipe;
  readonly model: CapturingModel;
  readonly tokens: TokenSet;
}

/**
 * Computes the shard of an item, a batch at a time. The same plan and backend give the same bytes.
 *
 * @throws ShapeError `HARVEST_VALUE_RANGE`, `HARVEST_SITE_CHANGED`, `HARVEST_FEATURES`; what the model throws.
 */
export async function computeShard(tools: ItemTools, item: number): Promise<Shard> {
  const { plan, model } = tools;
  const [from, to] = rowsOf(plan, item);
  const rows = await tools.tokens.read(from, to);
  const dense = plan.tensors.map((tensor) => allocate(tensor.dtype, (to - from) * sizeOf(tensor.shape)));
  const positions = (to - from) * plan.data.context;
  const sparse = plan.features.map((features) => new FeatureRows(features, positions));
  for (let start = from; start < to; start += plan.batchRows) {
    const end = Math.min(to, start + plan.batchRows);
    const captured = await model.run(
      sliceRows(rows, start - from, end - from, plan.data.context),
      end - start,
      start,
    );
    try {
      for (const [i, tensor] of plan.tensors.entries())
        await takeDense(captured, tensor, end - start, dense[i] as StoredArray, start - from); // one for each
      await takeFeatures(tools, captured, end - start, sparse);
    } finally {
      captured.dispose();
    }
  }
  return layOut(tools, item, rows, dense, sparse);
}

async function takeDense(
  captured: TensorDict,
  tensor: PlannedTensor,
  count: number,
  target: StoredArray,
  row: number,
): Promise<void> {
  const value = tensorAt(captured, tensor.direction, tensor.site);
  const want = [count, ...tensor.shape];
  if (String(value.shape) !== String(want))
    throw siteChanged(tensor.site, want, `[${value.shape.join(", ")}]`);
  store(tensor.site, tensor.dtype, await value.data(), target, row * sizeOf(tensor.shape));
}

async function takeFeatures(
  { plan, recipe }: ItemTools,
  captured: TensorDict,
  count: number,
  sparse: readonly FeatureRows[],
): Promise<void> {
  for (const [i, { site, width }] of plan.features.entries()) {
    const encode = recipe.features?.[site]?.encode;
    const values = encodeFeatures(site, tensorAt(captured, "fwd", site), encode, [count, plan.data.context]);
    try {
      if (values.shape[2] !== width) throw siteChanged(site, [width], `${values.shape[2] ?? 0} features`);
      sparse[i]?.add(await values.data());
    } finally {
      values.dispose();
    }
  }
}

function layOut(
  { id, plan }: ItemTools,
  item: number,
  rows: TokenRows,
  dense: readonly StoredArray[],
  sparse: readonly FeatureRows[],
): Shard {
  const { context, dtype } = plan.data;
  const count = rows.tokens.length / context;
  const counts = Object.fromEntries(plan.features.map(({ name }, i) => [name, sparse[i]?.count ?? 0]));
  const layout = shardLayout(id, plan, item, count, counts);
  const parts = new Map<string, Uint8Array>([
    ...plan.tensors.map(({ name }, i): [string, Uint8Array] => [name, bytesOf(dense[i] as StoredArray)]),
    ...sparse.flatMap((features) => features.parts()),
    ["tokens", bytesOf(dtype === "U16" ? Uint16Array.from(rows.tokens) : Uint32Array.from(rows.tokens))],
    ["document", bytesOf(Uint32Array.from(rows.document))],
    ["position", bytesOf(Uint16Array.from(rows.tokens, (_, i) => i % context))],
    ...(rows.mask === undefined ? [] : [["mask", bytesOf(Uint8Array.from(rows.mask))] as const]),
  ]);
  const ordered = [...layout.tensors.keys()].map((name) => parts.get(name) as Uint8Array); // the layout lists the same
  return { parts: [layout.header, ...ordered], bytes: layout.bytes, counts };
}

function sliceRows(
  { tokens, document, mask }: TokenRows,
  from: number,
  to: number,
  context: number,
): TokenRows {
  const cut = (values: Int32Array): Int32Array => values.slice(from * context, to * context);
  return { tokens: cut(tokens), document: cut(document), mask: mask && cut(mask) };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
