import { CacheSession, CausalCache, GPT2, type Encoding } from "@hookdict/models";
import { tensor2d } from "@tensorflow/tfjs-core";
import type { Recipes } from "../recipes.ts";

const tiny = (): GPT2 =>
  GPT2.fromConfig({ nLayers: 1, nHeads: 2, dModel: 4, dVocab: 5, nPositions: 3, dMlp: 4 }); // the least
const encoding = (): Encoding =>
  ({
    ids: [1],
    tokens: ["a"],
    offsets: [[0, 1]],
    sequenceIds: [0],
    texts: ["a"],
    specialTokensMask: [0],
  }) as never; // what is read

const made = "internal: loadModel and fromConfig make it of what they have read";

/** One for all calls: making it takes longer than what they do. */
export const MODEL: GPT2 = tiny();

export const MODELS: Recipes = {
  subjects: {
    CacheSession: () => {
      const cache = new CausalCache({ capacity: 8 });
      return { value: new CacheSession(cache, { context: 8 }), end: () => cache.dispose() };
    },
    GPT2: () => ({ value: MODEL }),
  },
  right: {
    "new CausalCache": () => [{ capacity: 8, maxBatch: 1 }],
    "new ChunkedCache": () => [{ capacity: 8, chunk: 2 }],
    "new SlidingWindowCache": () => [{ capacity: 8, window: 2, maxBatch: 1 }],
    "new TransformerCache": () => [MODEL, {}],
    "new WrapperCache": () => [[new CausalCache({ capacity: 8 })]],
    "GPT2.call": () => [tensor2d([1, 2], [1, 2], "int32")],
    linearTransposed: () => [tensor2d([1, 2], [1, 2]), tensor2d([1, 2, 3, 4], [2, 2])],
    labelTokens: () => [encoding(), ["a"]],
    spanOfToken: () => [encoding(), 0],
    tokenAt: () => [encoding(), 0],
  },
  spared: {
    ACTIVATIONS: "what models call with tensors of their own",
    "TransformerCache.during": "for models that run with it",
    "TransformerCache.put": "likewise",
    CellCache: "abstract: its classes are examined",
    StateCache: "of state-space models, which loadModel makes",
    CacheError: "an error: its maker is inside the package",
    modelEvents: "an emitter of eventemitter3",
    Attention: made,
    Block: made,
    EncoderDecoder: made,
    ImageClassifier: made,
    Mlp: made,
    Norm: made,
    StateSpaceModel: made,
    Transformer: made,
    ModelWeights: made,
    Tokenizer: "internal: loadTokenizer makes it",
    "GPT2.dispose": "all calls share the model",
    "GPT2.ownWeights": "it lends the weights, which are not to be freed",
    "new GPT2": made,
    "GPT2.forward": "call is what users call",
  },
};
