import { readJson } from "@hookdict/tensordict/io";
import { weightsMissing } from "../errors.ts";
import { Fields } from "./fields.ts";
import type { DictionaryFormat } from "./format.ts";
import { readWeights, transposed } from "./read-weights.ts";

const CONFIG = "cfg.json";
const WEIGHTS = "sae.safetensors";

/** Folders of EleutherAI's sparsify: top-k autoencoders and transcoders, whose features are the `k` largest that are above 0. */
export const sparsify: DictionaryFormat = {
  name: "sparsify",
  files: [CONFIG, WEIGHTS],
  async read(directory) {
    const fields = new Fields(`${directory.name}/${CONFIG}`, await readJson(directory, CONFIG));
    fields.choice("activation", { topk: true }, "topk");
    const file = `${directory.name}/${WEIGHTS}`;
    const { wEnc, wSkip, ...others } = await readWeights(directory, WEIGHTS, {
      "encoder.weight": "wEnc",
      "encoder.bias": "bEnc",
      W_dec: "wDec",
      b_dec: "bDec",
      W_skip: "wSkip",
    });
    if (wEnc === undefined) throw weightsMissing(file, ["encoder.weight"], Object.keys(others));
    const [dSae = 0] = wEnc.shape;
    const isTranscoder = fields.flag("transcode", false);
    return {
      config: {
        activation: "topK",
        k: fields.size("k"),
        dIn: fields.size("d_in"),
        dSae,
        ...(isTranscoder && { dOut: others.wDec?.shape[1] ?? 0 }),
        centresInput: !isTranscoder,
      },
      // Matrices as [dSae, dIn] and [dOut, dIn].
      weights: {
        ...others,
        wEnc: transposed(wEnc),
        ...(wSkip !== undefined && { wSkip: transposed(wSkip) }),
      },
      file,
    };
  },
};
