import { SparseDictionary, Transcoders } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import { fill, randomNormal, type Tensor } from "@tensorflow/tfjs-core";

/** What random transcoders are like. */
export interface RandomKind {
  readonly activation?: "relu" | "jumpRelu" | "topK" | "gated";
  readonly isCrossLayer?: boolean;
  readonly hasSkip?: boolean;
  readonly dSae?: number;
  readonly input?: string;
}

/** Transcoders of all layers that nobody has trained: what is exact does not depend on how good they are. */
export function randomTranscoders(model: Transformer, kind: RandomKind = {}): Transcoders {
  const {
    activation = "relu",
    isCrossLayer = false,
    hasSkip = false,
    dSae = 6,
    input = "hook_resid_pre",
  } = kind;
  const { dModel, blocks } = model.config;
  let seed = 1;
  const normal = (...shape: readonly number[]): Tensor => randomNormal([...shape], 0, 0.5, "float32", seed++);
  const layers = blocks.map(
    (_, at) =>
      new SparseDictionary(
        {
          activation,
          dIn: dModel,
          dSae,
          ...(activation === "topK" && { k: 2 }),
          rescalesByDecoderNorm: activation === "topK",
          centresInput: activation === "topK",
          site: `blocks.${at}.${input}`,
          outputSite: `blocks.${at}.hook_mlp_out`,
        },
        {
          wEnc: normal(dModel, dSae),
          wDec: normal(dSae, dModel),
          bDec: normal(dModel),
          ...(activation === "gated"
            ? { bGate: normal(dSae), bMag: normal(dSae), rMag: normal(dSae) }
            : { bEnc: normal(dSae) }),
          ...(activation === "jumpRelu" && { threshold: fill([dSae], 0.1) }),
          ...(hasSkip && { wSkip: normal(dModel, dModel) }),
        },
      ),
  );
  if (!isCrossLayer) return new Transcoders(layers);
  const later = blocks.map((_, at) => blocks.slice(at + 1).map(() => normal(dSae, dModel)));
  return new Transcoders(layers, later);
}
