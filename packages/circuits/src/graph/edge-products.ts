import type { Transformer } from "@hookdict/models";
import {
  add,
  concat,
  div,
  matMul,
  mul,
  ones,
  pad,
  reshape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { headsFrom } from "../residual/parts.ts";
import { blockNorm, type NormPlace } from "../stream/norms.ts";
import type { AttributionPass, Looks } from "./attribution-pass.ts";
import type { EdgeLayout } from "./layout.ts";
import { readingNorm, readingWeight } from "./readers.ts";

const READINGS = ["q", "k", "v"] as const;

/** The norm of a layer's attention, and whether its MLP reads through the same one. */
function normsOf(
  model: Transformer,
  layer: number,
): { readonly norm: NormPlace | undefined; readonly isShared: boolean; readonly mlpPath: string } {
  const norm = blockNorm(model, layer, "ln1");
  const own = readingNorm(model, layer, "mlp")?.path;
  const isOwn = own === `blocks.${layer}.ln2`;
  // A norm of its own gives the gradient of what it takes.
  const mlpPath = isOwn ? own : `blocks.${layer}.mlp`;
  return { norm, isShared: own !== undefined && !isOwn, mlpPath };
}

/** What a pass must see for {@link edgeProducts}. */
export function edgeLooks(model: Transformer): Looks {
  const layers = model.config.blocks.map(({ norms }, layer) => ({ norms, layer, ...normsOf(model, layer) }));
  return {
    values: [
      "blocks.0.hook_resid_pre",
      ...layers.flatMap(({ norms, layer, norm }) => [
        `blocks.${layer}.attn.hook_z`,
        `blocks.${layer}.hook_mlp_out`,
        ...(norms.includes("ln1_post") ? [`blocks.${layer}.ln1_post.hook_scale`] : []),
        ...(norm === undefined ? [] : [`${norm.path}.hook_scale`, `${norm.path}.hook_normalized`]),
      ]),
    ],
    gradients: [
      ...layers.flatMap(({ layer, mlpPath }) => [
        ...READINGS.map((kind) => ({
          path: `blocks.${layer}.attn.hook_${kind}`,
          direction: "bwd_pre" as const,
        })),
        { path: mlpPath, direction: "bwd" as const },
      ]),
      { path: endOf(model), direction: "bwd_pre" },
    ],
  };
}

function endOf(model: Transformer): string {
  return `blocks.${model.blocks.length - 1}.hook_resid_post`;
}

/**
 * First-order scores of all edges: how what sources change meets gradients of the streams that destinations read, the mean over pairs and
 * points, `[source, destination]`. New tensors belong to the scope.
 *
 * Behind a norm the gradient of the stream is `h - n b - m`: `h` the gradient of what the norm gives times its gain over its scale, `n`
 * the normalized values, `b` the mean of `h n`, `m` the mean of `h` where the norm takes the mean off. Only `h` is as wide as the stream
 * for each destination. The rest meets what each source has along `n`, and along ones.
 */
export function edgeProducts(model: Transformer, layout: EdgeLayout, pass: AttributionPass): Tensor {
  const changes = changesOf(model, pass); // [source, pair, pos, dModel]
  const [sources = 1] = changes.shape;
  const layers = model.blocks.map((_, layer) => readingsOf(model, pass, layer));
  const columns = layers.map((each, layer) => {
    const before = layout.firstOf(layer + 1); // none of the others reach this layer
    const product = products(slice(changes, 0, before), each.vectors);
    return pad(product, [[0, sources - before], [0, 0]]); // prettier-ignore
  });
  const corrections = correctionsOf(changes, layers, pass);
  const read = columns.map((each, layer) => {
    const correction = corrections[layer];
    if (correction === undefined) return each;
    const [, count = 0] = correction.shape;
    const [, width = 0] = each.shape;
    return sub(each, count === width ? correction : pad(correction, [[0, 0], [0, width - count]])); // prettier-ignore
  });
  const end = pass.whole(pass.gradient(endOf(model)), 1);
  const last = products(changes, overPoints(reshape(end, [1, ...end.shape]), pass));
  return mul(concat([...read, last], 1), 1 / (pass.pairs * pass.points));
}

/** What each source changes in the stream, `[source, pair, pos, dModel]`. */
function changesOf(model: Transformer, pass: AttributionPass): Tensor {
  const single = (path: string): Tensor => {
    const change = pass.whole(pass.change(path), 1);
    return reshape(change, [1, ...change.shape]);
  };
  const layers = model.config.blocks.flatMap(({ norms }, layer) => {
    const of = (captured: (path: string) => Tensor): Tensor => headsFrom(model, layer, captured);
    // Without a norm behind them heads are linear in what they attend to.
    const heads = norms.includes("ln1_post")
      ? sub(
          of((path) => pass.value("corrupt", path)),
          of((path) => pass.value("clean", path)),
        )
      : of((path) => pass.change(path));
    return [pass.whole(heads, 2), single(`blocks.${layer}.hook_mlp_out`)];
  });
  return concat([single("blocks.0.hook_resid_pre"), ...layers], 0);
}

/** Of the destinations of a layer, the gradients of what they read. */
interface Readings {
  /** Summed over points, `[destination, pair, pos, dModel]`; of those behind the layer's norm, `h`. */
  readonly vectors: Tensor;
  /** For those behind the norm, which come first: `b` and `m`, `[destination, point * pair * pos]`, and `n`, `[point * pair, pos, dModel]`. */
  readonly behind?: {
    readonly along: Tensor;
    readonly means: Tensor | undefined;
    readonly normalized: Tensor;
  };
}

function readingsOf(model: Transformer, pass: AttributionPass, layer: number): Readings {
  const { norm, isShared, mlpPath } = normsOf(model, layer);
  const mlp = pass.whole(pass.gradient(mlpPath), 1);
  const scale = norm === undefined ? undefined : pass.atPoints(`${norm.path}.hook_scale`);
  const scaled = (x: Tensor): Tensor =>
    scale === undefined ? x : div(x, reshape(scale, [...scale.shape, ...x.shape.slice(3).map(() => 1)]));
  const heads = READINGS.map((kind) => {
    const gradient = pass.whole(pass.gradient(`blocks.${layer}.attn.hook_${kind}`), 1);
    return backThrough(model, layer, kind, scaled(gradient));
  });
  const alone = reshape(isShared ? scaled(mlp) : mlp, [1, ...mlp.shape]);
  if (norm === undefined) return { vectors: overPoints(concat([...heads, alone], 0), pass) };
  const read = concat(isShared ? [...heads, alone] : heads, 0);
  const vectors = norm.gain === undefined ? read : mul(read, norm.gain);
  const [count = 1, , , width = 1] = vectors.shape;
  const normalized = pass.atPoints(`${norm.path}.hook_normalized`);
  const meanOf = (x: Tensor): Tensor => reshape(mul(sum(x, -1), 1 / width), [count, -1]);
  return {
    vectors: overPoints(isShared ? vectors : concat([vectors, alone], 0), pass),
    behind: {
      along: meanOf(mul(vectors, normalized)),
      means: norm.kind === "rms" ? undefined : meanOf(vectors),
      normalized,
    },
  };
}

/** From gradients of queries, keys or values `[row, pos, head, dHead]` to those of what they are made from, `[head, row, pos, dModel]`. */
function backThrough(model: Transformer, layer: number, kind: "q" | "k" | "v", gradient: Tensor): Tensor {
  const [rows = 1, pos = 1, heads = 1, dHead = 1] = gradient.shape;
  const byHead = transpose(reshape(gradient, [rows * pos, heads, dHead]), [1, 0, 2]);
  const found = matMul(byHead, readingWeight(model, layer, kind, heads), false, true);
  return reshape(found, [heads, rows, pos, -1]);
}

/** Sums over points: from `[destination, point * pair, ...]` to `[destination, pair, ...]`. */
function overPoints(x: Tensor, { points, pairs }: AttributionPass): Tensor {
  if (points === 1) return x;
  const [destinations = 1, , ...rest] = x.shape;
  return sum(reshape(x, [destinations, points, pairs, ...rest]), 1);
}

/** `[source, destination]` */
function products(changes: Tensor, vectors: Tensor): Tensor {
  const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0] ?? 1, -1]);
  return matMul(flat(changes), flat(vectors), false, true);
}

/** What norms take off: of each layer's destinations that stand behind one, `[source, destination]`. */
function correctionsOf(
  changes: Tensor,
  layers: readonly Readings[],
  { points, pairs }: AttributionPass,
): (Tensor | undefined)[] {
  const normed = layers.flatMap(({ behind }) => (behind === undefined ? [] : [behind.normalized]));
  if (normed.length === 0) return [];
  const [sources = 1, , pos = 1, dModel = 1] = changes.shape;
  const along = tidy(() => {
    // One product for all norms, and for the means.
    const all = reshape(stack(normed), [normed.length * points, pairs, pos, dModel]);
    const directions = transpose(concat([all, ones([1, pairs, pos, dModel])], 0), [1, 2, 0, 3]);
    const found = matMul(transpose(changes, [1, 2, 0, 3]), directions, false, true);
    return transpose(found, [3, 2, 0, 1]); // [norm * point and one more, source, pair, pos]
  });
  const lengths = reshape(slice(along, normed.length * points, 1), [sources, -1]);
  let next = 0;
  return layers.map(({ behind }) => {
    if (behind === undefined) return undefined;
    const own = slice(along, next, points);
    next += points;
    const rows = reshape(transpose(own, [1, 0, 2, 3]), [sources, -1]);
    const part = matMul(rows, behind.along, false, true);
    if (behind.means === undefined) return part;
    const [count = 1] = behind.means.shape;
    const means = sum(reshape(behind.means, [count, points, -1]), 1);
    return add(part, matMul(lengths, means, false, true));
  });
}
