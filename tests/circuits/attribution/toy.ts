import { SparseDictionary, Transcoders } from "@hookdict/latent";
import { ModelWeights, Transformer } from "@hookdict/models";
import { type Tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";

type Config = ConstructorParameters<typeof Transformer>[0];

const matrix = (...rows: readonly (readonly number[])[]): Tensor => tensor2d(rows.map((row) => [...row]));
const ZEROS = [
  [0, 0],
  [0, 0],
] as const;
const ONES = [
  [1, 0],
  [0, 1],
] as const;

/**
 * Two layers of two values without norms. Attention of the first adds twice the mean of what there is so far, that of the second nothing; the first
 * MLP adds `relu(x0 + x1) (1, -1)`, the second nothing.
 */
export function toyModel(): Transformer {
  const block: Config["blocks"][number] = {
    attention: {
      nHeads: 1,
      nKeyHeads: 1,
      dHead: 2,
      scale: 1,
      isCausal: true,
      hasQkvBias: false,
      hasOutBias: false,
    },
    mlp: { dMlp: 1, activation: "relu", isGated: false, hasBias: false },
    norm: { kind: "rms", epsilon: 0 },
    order: "sequential",
    norms: [],
  };
  const config: Config = {
    modelType: "toy",
    dModel: 2,
    dVocab: 3,
    isTied: false,
    bosTokenId: undefined,
    padTokenId: undefined,
    nPositions: 8,
    isCausal: true,
    embed: { dEmbed: 2 },
    blocks: [block, block],
    head: {},
  };
  const layer = (at: number, o: readonly (readonly number[])[], out: readonly number[]) =>
    [
      [`blocks.${at}.attn.q.weight`, matrix(...ZEROS)],
      [`blocks.${at}.attn.k.weight`, matrix(...ZEROS)],
      [`blocks.${at}.attn.v.weight`, matrix(...ONES)],
      [`blocks.${at}.attn.o.weight`, matrix(...o)],
      [`blocks.${at}.mlp.in.weight`, matrix([1], [1])],
      [`blocks.${at}.mlp.out.weight`, matrix(out)],
    ] as const;
  const weights = new Map<string, Tensor>([
    ["embed.weight", matrix([1, 0], [0, 1], [5, 5])],
    ["unembed.weight", matrix([1, 0], [0, 1], [-1, -1])],
    ...layer(0, [[2, 0], [0, 2]], [1, -1]), // prettier-ignore
    ...layer(1, ZEROS, [0, 0]),
  ]);
  return new Transformer(config, new ModelWeights(weights));
}

/** One feature in each layer; that of the first writes in the second, too. */
export function toyTranscoders(): Transcoders {
  const layer = (at: number, read: readonly number[], bias: number, write: readonly number[]) =>
    new SparseDictionary(
      {
        activation: "relu",
        dIn: 2,
        dSae: 1,
        site: `blocks.${at}.hook_resid_mid`,
        outputSite: `blocks.${at}.hook_mlp_out`,
      },
      {
        wEnc: tensor2d([...read], [2, 1]),
        wDec: tensor2d([...write], [1, 2]),
        bEnc: tensor1d([bias]),
        bDec: tensor1d([0, 0]),
      },
    );
  return new Transcoders(
    [layer(0, [1, 1], -1, [1, -1]), layer(1, [1, 0], 0, [0, 1])],
    [[tensor2d([0, 5], [1, 2])]],
  );
}
