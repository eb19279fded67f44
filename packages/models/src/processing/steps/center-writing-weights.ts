import { mean, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { Draft } from "../draft.ts";
import { writers } from "../readers.ts";
import type { ProcessingStep } from "../step.ts";

/** What is written to the residual stream has the mean 0 over its width: every norm that reads it takes the mean off. */
export const centerWritingWeights: ProcessingStep = {
  name: "centerWritingWeights",
  isDefault: true,
  refusal({ blocks, embed, head }) {
    if (blocks.some(({ order }) => order === "post"))
      return "its norms stand behind the sums, and write to the stream";
    if (blocks.some(({ isResidualNormed }) => isResidualNormed === true))
      return "the stream goes on from what its norms give";
    if (blocks.some(({ norm }) => norm.kind === "rms") || head.norm?.kind !== "layer")
      return "its norms do not take the mean off";
    if (embed.norm !== undefined) return "its embedding is normalised before it enters the stream";
    const isRead = blocks.every(
      ({ norms, order }) => norms.includes("ln1") && (order === "parallel" || norms.includes("ln2")),
    );
    if (!isRead) return "not all of its layers read the stream through a norm";
    const isAfter = blocks.some(({ norms }) => norms.includes("ln1_post") || norms.includes("ln2_post"));
    return isAfter ? "norms write to its stream" : undefined;
  },
  apply(draft) {
    const { embed, blocks } = draft.config;
    if (embed.projection === undefined) center(draft, "embed.weight");
    else for (const name of ["weight", "bias"]) center(draft, `embed.projection.${name}`);
    // Learned positions and types of tokens are added to the projected embedding.
    for (const name of ["embed.positions", "embed.types"]) center(draft, name);
    blocks.forEach((block, i) => {
      for (const path of writers(block, `blocks.${i}`))
        for (const name of ["weight", "bias"]) center(draft, `${path}.${name}`);
    });
  },
};

/** The last axis is the stream's. A tied unembedding stays what it was. */
function center(draft: Draft, name: string): void {
  const value = draft.find(name);
  if (value === undefined) return;
  if (name === "embed.weight" && draft.find("unembed.weight") === undefined) draft.unembedding = value;
  draft.set(name, centered(value));
}

function centered(x: Tensor): Tensor {
  return sub(x, mean(x, -1, true));
}
