import { add, matMul, reshape, zerosLike } from "@tensorflow/tfjs-core";
import { repeatHeads } from "../../transformer/split-heads.ts";
import type { ProcessingStep } from "../step.ts";

/** Patterns sum to 1, so that biases of values always add the same: `b_O += b_V W_O`, `b_V = 0`. */
export const foldValueBiases: ProcessingStep = {
  name: "foldValueBiases",
  isDefault: true,
  refusal({ blocks }) {
    if (blocks.some(({ attention }) => attention.hasSinks === true)) return "its patterns do not sum to 1";
    return blocks.some(({ attention }) => attention.clip !== undefined) ? "it clips its values" : undefined;
  },
  apply(draft) {
    const { blocks } = draft.config;
    const isFolded = blocks.map(({ attention: { nHeads, nKeyHeads, dHead } }, i) => {
      const path = `blocks.${i}.attn`;
      const values = draft.find(`${path}.v.bias`);
      if (values === undefined) return false;
      const byHead = repeatHeads(reshape(values, [nKeyHeads, dHead]), nHeads);
      const written = reshape(matMul(reshape(byHead, [1, -1]), draft.get(`${path}.o.weight`) as never), [-1]);
      const known = draft.find(`${path}.o.bias`);
      draft.set(`${path}.o.bias`, known === undefined ? written : add(known, written));
      draft.set(`${path}.v.bias`, zerosLike(values));
      return true;
    });
    draft.config = {
      ...draft.config,
      blocks: blocks.map((block, i) =>
        isFolded[i] === true ? { ...block, attention: { ...block.attention, hasOutBias: true } } : block,
      ),
    };
  },
};
