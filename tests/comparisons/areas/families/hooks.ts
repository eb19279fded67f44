import { ActivationCaching } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import type { TensorStore } from "@hookdict/tensordict/io";
import { expandDims, slice, sub, sum, tidy, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { difference, valuesOf } from "../../tensors.ts";
import { inputsOf, type LensValues, type LogitDifference, type Reference } from "./reference.ts";

/** Points that are computed when they are hooked, which the reference left off. */
const OPT_IN = /hook_(result|[qkv]_input|attn_in|mlp_in)$/;

/** Names, shapes, order and values of hooks, and gradients, of row 0 of the set that their key begins with. */
export async function compareHooks(
  model: Transformer,
  reference: Reference,
  software: string,
  values: TensorStore,
): Promise<string[]> {
  const lens = reference.transformer_lens?.[software];
  if (lens === undefined) return [];
  const lines: string[] = [];
  const keys = [...(lens.hooks ?? []).map(([, , key]) => key), ...(lens.grads ?? []).map(([, key]) => key)];
  const sets = new Set(keys.flatMap((key) => (key === null ? [] : [key.split("/")[0] ?? ""])));
  if (sets.size === 0) sets.add(Object.keys(reference.sets)[0] ?? "a");
  for (const set of sets) {
    if (reference.sets[set] === undefined) lines.push(`${software}: no inputs of set ${set}`);
    else lines.push(...(await compareOfSet(model, reference, { software, lens, set }, values)));
  }
  return lines.map((line) => `${software}: ${line}`);
}

async function compareOfSet(
  model: Transformer,
  reference: Reference,
  { software, lens, set }: { readonly software: string; readonly lens: LensValues; readonly set: string },
  values: TensorStore,
): Promise<string[]> {
  const lines: string[] = [];
  const isOlder = software === "tl3";
  using hooked = new ActivationCaching(
    (site: { readonly path: string }) => /(^|\.)hook_\w+$/.test(site.path) && !OPT_IN.test(site.path),
  ).prepare(model);
  const wanted = new Set((lens.grads ?? []).map(([name]) => ourName(model, name, isOlder)));
  using graded = new ActivationCaching((site: { readonly path: string }) => wanted.has(site.path), {
    directions: ["bwd"],
  }).prepare(model, { unmatched: "ignore" });
  const inputs = await inputsOf(reference, set, values, 1);
  const metric = lens.metric?.[set];
  hooked.call(inputs.input, inputs.options).dispose();
  if (graded.sites.length > 0) {
    graded.backward(() => metricOf(graded.call(inputs.input, inputs.options), metric));
  }
  inputs.dispose();
  const paths = [...hooked.cache.keys({ nested: true, leavesOnly: true })];
  const fired = paths.filter(([direction]) => direction === "fwd").map(([, path]) => path ?? "");
  const skipped = new Set(lens.differs_from_tl3_at ?? []);
  const hooks = (lens.hooks ?? []).filter(([name]) => !(OPT_IN.test(name) || (!isOlder && skipped.has(name))));
  const known = hooks.map((hook) => [ourName(model, hook[0], isOlder), hook] as const);
  if (isOlder) {
    const order = known.map(([name]) => name ?? "").join(" ");
    if (order !== fired.join(" ")) lines.push(`order: ${firstDifference(fired, order.split(" "))}`);
  }
  for (const [name, [theirs, shape, key]] of known) {
    if (name === undefined || !fired.includes(name)) {
      if (isOlder) lines.push(`${theirs}: there is no such point`);
      continue;
    }
    const tensor = hooked.cache.get(["fwd", name]);
    const isQueryKeyNorm = /\.[qk]_norm\./.test(name);
    // The older one flattens what norms of queries and keys see to [batch pos head, ...], the newer one has heads before
    // positions; the newer one flattens what some other norms see.
    const isFlat = isOlder ? isQueryKeyNorm : /\.ln\d\./.test(name) && shape.length === 2;
    const isByHead = !isOlder && isQueryKeyNorm && shape.length === 4 && shape.join() !== tensor.shape.join();
    const got = isByHead ? headsFirst(await tensor.data(), tensor.shape) : await tensor.data();
    const own = isFlat || isByHead ? shape : tensor.shape;
    if (own.join() !== shape.join()) lines.push(`${name}: shape [${own.join(", ")}], not [${shape.join(", ")}]`);
    if (key === null || !key.startsWith(`${set}/`)) continue;
    const want = { ...valuesOf(await values.read(key)), shape: own };
    const line = difference({ shape: own, data: got }, want, reference.tolerance.hooks);
    if (line !== undefined) lines.push(`${name}: ${line}`);
  }
  for (const [theirs, key] of lens.grads ?? []) {
    if (key === null || !key.startsWith(`${set}/`) || skipped.has(theirs)) continue;
    const name = ourName(model, theirs, isOlder);
    if (name === undefined || !fired.includes(name)) {
      if (isOlder) lines.push(`gradient of ${theirs}: there is no such point`);
      continue;
    }
    const tensor = graded.cache.get(["bwd", name]);
    const want = valuesOf(await values.read(key));
    const line = difference({ shape: tensor.shape, data: await tensor.data() }, want, reference.tolerance.grads);
    if (line !== undefined) lines.push(`gradient of ${name}: ${line}`);
  }
  return lines;
}

/** Our name of a point; `undefined` where the newer TransformerLens alone has it, or means another thing by it. */
function ourName(model: Transformer, name: string, isOlder: boolean): string | undefined {
  if (isOlder) return name;
  const isPost = model.config.block.order === "post";
  if (isPost && /hook_(attn_out|resid_mid|resid_post|embed)$/.test(name)) return undefined;
  const { alibi, buckets, clip } = model.config.attention;
  // Scores differ by a constant per row, and projections are seen before they are clamped.
  if (alibi?.from === "query" && name.endsWith("hook_attn_scores")) return undefined;
  // T5: it takes the mean off what the model's norms only scale, and shows scores before the mask.
  if (buckets !== undefined && /(hook_scale|hook_normalized|\.self_attn\.hook_attn_scores)$/.test(name)) return undefined;
  if (clip !== undefined && /hook_[qkv]$/.test(name)) return undefined;
  if (/hook_expert_(weights|indices)$/.test(name)) return undefined;
  return name
    .replace(/^(en|de)coder_blocks\./, "$1coder.")
    .replace(".self_attn.", ".attn.")
    .replace("hook_resid_mid2", "hook_resid_mid_cross")
    .replace(/^(en|de)coder_ln_final\./, "$1coder_final_ln.")
    .replace(/^embed_ln\./, "embed.ln.")
    .replace(/^decoder_embed_ln\./, "decoder_embed.ln.");
}

/** Values `[batch, pos, head, ...]` as `[batch, head, pos, ...]`. */
function headsFirst(values: ArrayLike<number>, shape: readonly number[]): Float32Array {
  const [batch = 1, pos = 1, heads = 1, width = 1] = shape;
  return Float32Array.from({ length: batch * pos * heads * width }, (_, at) => {
    const [row, q] = [Math.floor(at / width), at % width];
    const [b, h, p] = [Math.floor(row / (heads * pos)), Math.floor(row / pos) % heads, row % pos];
    return values[((b * pos + p) * heads + h) * width + q] ?? Number.NaN;
  });
}

function metricOf(logits: Tensor, metric: LogitDifference | undefined): Scalar {
  return tidy(() => {
    const rows = logits.rank === 2 ? expandDims(logits, 1) : logits;
    const [, pos = 1] = rows.shape;
    const at = metric === undefined || metric.position < 0 ? pos + (metric?.position ?? -1) : metric.position;
    const one = (id: number): Tensor => sum(slice(rows, [0, at, id], [1, 1, 1]));
    return sub(one(metric?.plus ?? 0), one(metric?.minus ?? 1)) as Scalar; // sums over all axes
  });
}

function firstDifference(got: readonly string[], want: readonly string[]): string {
  const at = want.findIndex((name, i) => got[i] !== name);
  return at < 0 ? `${got[want.length]} is too many` : `${got[at] ?? "nothing"} where ${want[at]} is due`;
}
