import { add, matMul, mean, mul, reshape, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { BlockConfig, NormConfig } from "../../transformer/config.ts";
import type { Draft } from "../draft.ts";
import { mlpReaders } from "../readers.ts";
import type { ProcessingStep } from "../step.ts";

/**
 * Gains and biases of the norms go into the matrices that read what they give: `b += b_norm W`, then `W = gain * W`, and
 * behind a norm that takes the mean off, which no input has then, the mean over the inputs is taken off `W`.
 */
export const foldLayerNorm: ProcessingStep = {
  name: "foldLayerNorm",
  isDefault: true,
  refusal({ blocks }) {
    if (blocks.some(({ order }) => order === "post"))
      return "its norms stand behind the sums, and write to the stream";
    if (blocks.some(({ isResidualNormed }) => isResidualNormed === true))
      return "the stream goes on from what its norms give";
    return undefined;
  },
  apply(draft) {
    const { blocks, head } = draft.config;
    blocks.forEach((block, i) => foldBlock(draft, block, `blocks.${i}`));
    if (head.norm !== undefined) foldFinal(draft, head.norm);
    draft.config = {
      ...draft.config,
      blocks: blocks.map((block, i) => configOf(draft, block, `blocks.${i}`)),
      head: {
        ...head,
        norm: head.norm && { ...head.norm, isPlain: true },
        hasBias: draft.find("unembed.bias") !== undefined,
      },
    };
  },
};

function foldBlock(draft: Draft, block: BlockConfig, path: string): void {
  const { norms, norm } = block;
  const mlp = mlpReaders(block, path);
  const isShared = block.order === "parallel" && !norms.includes("ln2");
  const attention = ["q", "k", "v"].map((each) => `${path}.attn.${each}`);
  if (norms.includes("ln1")) fold(draft, `${path}.ln1`, norm, [...attention, ...(isShared ? mlp : [])]);
  if (norms.includes("ln2")) fold(draft, `${path}.ln2`, norm, mlp);
}

function fold(draft: Draft, norm: string, { kind }: NormConfig, readers: readonly string[]): void {
  const [gain, bias] = [draft.find(`${norm}.weight`), draft.find(`${norm}.bias`)];
  for (const reader of readers) {
    let weight = draft.get(`${reader}.weight`);
    if (bias !== undefined) {
      const more = reshape(matMul(reshape(bias, [1, -1]), weight as never), [-1]);
      addTo(draft, `${reader}.bias`, more);
    }
    if (gain !== undefined) weight = mul(weight, reshape(gain, [-1, 1]));
    draft.set(`${reader}.weight`, kind === "layer" ? sub(weight, mean(weight, 0, true)) : weight);
  }
  draft.delete(`${norm}.weight`);
  draft.delete(`${norm}.bias`);
}

/** The last norm is read by the unembedding, or by what stands before it. */
function foldFinal(draft: Draft, norm: NormConfig): void {
  const { isProjected, mlm } = draft.config.head;
  if (isProjected === true) return fold(draft, "ln_final", norm, ["project_out"]);
  if (mlm !== undefined) return fold(draft, "ln_final", norm, ["mlm_head.dense"]);
  const [gain, bias] = [draft.find("ln_final.weight"), draft.find("ln_final.bias")];
  let weight = draft.unembedding; // a row for each token
  if (bias !== undefined)
    addTo(draft, "unembed.bias", reshape(matMul(weight as never, reshape(bias, [-1, 1])), [-1]));
  if (gain !== undefined) weight = mul(weight, gain);
  draft.unembedding = norm.kind === "layer" ? sub(weight, mean(weight, 1, true)) : weight;
  draft.delete("ln_final.weight");
  draft.delete("ln_final.bias");
}

function addTo(draft: Draft, name: string, more: Tensor): void {
  const known = draft.find(name);
  draft.set(name, known === undefined ? more : add(known, more));
}

function configOf(draft: Draft, block: BlockConfig, path: string): BlockConfig {
  const { attention, mlp, norm, norms } = block;
  const isAllFolded = norms.every((each) => each === "ln1" || each === "ln2");
  return {
    ...block,
    norm: isAllFolded ? { ...norm, isPlain: true } : norm,
    attention: { ...attention, hasQkvBias: draft.find(`${path}.attn.q.bias`) !== undefined },
    mlp: { ...mlp, hasBias: mlp.hasBias || draft.find(`${path}.mlp.in.bias`) !== undefined },
  };
}
