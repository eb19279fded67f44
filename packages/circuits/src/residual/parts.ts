import type { Transformer } from "@hookdict/models";
import {
  add,
  concat,
  div,
  expandDims,
  matMul,
  mul,
  reshape,
  type Tensor,
  transpose,
} from "@tensorflow/tfjs-core";
import { partAbsent } from "../errors.ts";
import { blockNorm, centred, scaleIn, throughNorm } from "../stream/norms.ts";
import { atPositions, type Positions } from "../stream/stack.ts";
import { capturedAt, hasCapture, type StreamRun } from "../stream/stream-run.ts";
import { type Group, projected, type Reading } from "./options.ts";

/** One captured site as a component. */
export function sitePart(label: string, path: string): Group {
  return {
    labels: [label],
    make: ({ run, at, finish }) => finish(expandDims(at(capturedAt(run, path), 1), 0)),
  };
}

/** What the stream begins with: token embeddings, positions and types apart where they are only added. */
export function embedParts(run: StreamRun): Group[] {
  const { embed } = run.model.config;
  const isLater = embed.positions !== undefined || embed.types !== undefined;
  const isMapped = embed.projection !== undefined || embed.isHookedAtEnd === true;
  if (isMapped || (embed.norm !== undefined && isLater))
    return [sitePart("embed", "blocks.0.hook_resid_pre")];
  const parts = [sitePart("embed", "hook_embed")];
  if (hasCapture(run, "hook_token_type_embed"))
    parts.push(sitePart("token_type_embed", "hook_token_type_embed"));
  if (embed.positions !== undefined) parts.push(sitePart("pos_embed", "hook_pos_embed"));
  return parts;
}

/** What a branch's output meets before it is added: a norm behind it, and a factor. */
function branchOut(
  model: Transformer,
  layer: number,
  branch: "attention" | "mlp",
  captured: (path: string) => Tensor,
): (x: Tensor) => Tensor {
  const norm = blockNorm(model, layer, branch === "attention" ? "ln1_post" : "ln2_post");
  const factor = model.config.blocks[layer]?.residualScale;
  const scale = norm === undefined ? undefined : captured(`${norm.path}.hook_scale`);
  return (x) => {
    const normed = throughNorm(x, norm, scale);
    return factor === undefined ? normed : mul(normed, factor);
  };
}

/** Captures of a run at the chosen positions. */
function readerOf(run: StreamRun, positions: Positions | undefined): (path: string) => Tensor {
  return (path) => atPositions(capturedAt(run, path), positions, 1);
}

/** What every head of a layer adds. */
export function headParts(layer: number, heads: number): Group {
  return {
    labels: Array.from({ length: heads }, (_, head) => `L${layer}H${head}`),
    make: (read) => read.finish(headsAt(read.run, layer, read.positions)),
  };
}

/** What every head of a layer adds, `[head, batch, pos, dModel]`, with one position `[head, batch, dModel]`. */
function headsAt(run: StreamRun, layer: number, positions?: Positions): Tensor {
  return headsFrom(run.model, layer, readerOf(run, positions));
}

/** The same of captures that are found otherwise. */
export function headsFrom(model: Transformer, layer: number, captured: (path: string) => Tensor): Tensor {
  const z = captured(`blocks.${layer}.attn.hook_z`);
  const [heads = 1, dHead = 1] = z.shape.slice(-2);
  const outer = z.shape.slice(0, -2);
  const byHead = transpose(reshape(z, [-1, heads, dHead]), [1, 0, 2]);
  const each = matMul(byHead, outWeight(model, layer, heads, dHead));
  const out = branchOut(model, layer, "attention", captured);
  return out(reshape(each, [heads, ...outer, model.config.dModel]));
}

/** A layer's output matrix by head, `[head, dHead, dModel]`. */
function outWeight(model: Transformer, layer: number, heads: number, dHead: number): Tensor {
  const weight = model.blocks[layer]?.attn.o.weight as Tensor; // the layer is one of the model's
  return reshape(weight, [heads, dHead, -1]);
}

/** What chosen neurons of a layer add. @throws UsageError `CIRCUIT_PART` for experts. */
export function neuronParts(model: Transformer, layer: number, chosen?: readonly number[]): Group {
  const config = model.config.blocks[layer]?.mlp;
  const mlp = model.blocks[layer]?.mlp;
  if (config === undefined || mlp === undefined || !("out" in mlp))
    throw partAbsent("What each neuron adds", model.config.modelType, "its MLPs are experts");
  const neurons = chosen ?? Array.from({ length: config.dMlp }, (_, i) => i);
  return {
    labels: neurons.map((neuron) => `L${layer}N${neuron}`),
    make: (read) => neuronsAt(read, layer, mlp.out.weight, neurons),
  };
}

/**
 * `[neuron, batch, pos, dModel]`, or with directions the products without that large tensor: norms at the run's scale are
 * linear, so that directions go through them first.
 */
function neuronsAt(read: Reading, layer: number, weight: Tensor, neurons: readonly number[]): Tensor {
  const { run, positions, normed, norm, projectOnto, at, finish } = read;
  const post = atPositions(
    at(capturedAt(run, `blocks.${layer}.mlp.hook_post`), 1),
    neurons,
    -1 + postRank(positions),
  );
  const rows = atPositions(weight, neurons, 0);
  const outer = post.shape.slice(0, -1);
  const byNeuron = reshape(transpose(reshape(post, [-1, neurons.length])), [neurons.length, ...outer, 1]);
  const behind = blockNorm(run.model, layer, "ln2_post");
  const isFolded = projectOnto !== undefined && behind === undefined && norm !== "recomputed";
  const out = branchOut(run.model, layer, "mlp", readerOf(run, positions));
  if (!isFolded)
    return finish(out(mul(byNeuron, reshape(rows, [neurons.length, ...outer.map(() => 1), -1]))));
  const centredRows = normed === undefined ? rows : centred(rows, normed);
  const directions = projected(centredRows, projectOnto); // [neuron] or [neuron, projection]
  const wide = reshape(directions, [neurons.length, ...outer.map(() => 1), -1]);
  const products = out(mul(byNeuron, wide));
  const scaled = normed === undefined ? products : div(products, at(scaleIn(run, normed), 1));
  return projectOnto.rank === 2 ? scaled : reshape(scaled, [neurons.length, ...outer]);
}

function postRank(positions: Positions | undefined): number {
  return typeof positions === "number" ? 2 : 3;
}

/** The biases that attention adds in layers before one, and with `mlps` those of MLPs, `[batch, pos, dModel]`. */
export function biasPart(run: StreamRun, attentions: number, mlps: number): Group {
  return {
    labels: ["bias"],
    make: ({ at, finish, positions }) => {
      const like = at(capturedAt(run, "blocks.0.hook_resid_pre"), 1);
      let total = mul(like, 0);
      for (let layer = 0; layer < Math.max(attentions, mlps); layer++) {
        if (layer < attentions) total = add(total, biasOf(run, layer, "attention", positions));
        if (layer < mlps) total = add(total, biasOf(run, layer, "mlp", positions));
      }
      return finish(expandDims(total, 0));
    },
  };
}

/** A branch's bias as it reaches the stream: through the norm behind it, whose own bias it brings. */
function biasOf(
  run: StreamRun,
  layer: number,
  branch: "attention" | "mlp",
  positions: Positions | undefined,
): Tensor | number {
  const block = run.model.blocks[layer];
  const mlp = block?.mlp;
  const own =
    branch === "attention"
      ? block?.attn.o.bias
      : mlp !== undefined && "out" in mlp
        ? mlp.out.bias
        : undefined;
  const behind = blockNorm(run.model, layer, branch === "attention" ? "ln1_post" : "ln2_post");
  const factor = run.model.config.blocks[layer]?.residualScale ?? 1;
  const through =
    own === undefined ? undefined : branchOut(run.model, layer, branch, readerOf(run, positions))(own);
  const later = behind?.bias === undefined ? undefined : mul(behind.bias, factor);
  if (through === undefined) return later ?? 0;
  return later === undefined ? through : add(through, later);
}

/** Groups' components one behind the other. */
export function joinParts(parts: Tensor[]): Tensor {
  return parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 0); // there is one
}
