import { readJson } from "@hookdict/tensordict/io";
import { weightsMissing } from "../errors.ts";
import { Fields } from "./fields.ts";
import type { DictionaryFormat } from "./format.ts";
import { readWeights } from "./read-weights.ts";

const CONFIG = "config.json";
const WEIGHTS = "params.safetensors";

/** Folders of Gemma Scope 2: jump-ReLU autoencoders and transcoders, perhaps with a skip connection. Sizes are those of the weights. */
export const gemmaScope2: DictionaryFormat = {
  name: "Gemma Scope 2",
  files: [CONFIG, WEIGHTS],
  async read(directory) {
    const fields = new Fields(`${directory.name}/${CONFIG}`, await readJson(directory, CONFIG));
    const file = `${directory.name}/${WEIGHTS}`;
    const weights = await readWeights(directory, WEIGHTS, {
      w_enc: "wEnc",
      w_dec: "wDec",
      b_enc: "bEnc",
      b_dec: "bDec",
      threshold: "threshold",
      affine_skip_connection: "wSkip", // [dIn, dOut] already
    });
    const { wEnc, wDec } = weights;
    if (wEnc === undefined || wDec === undefined)
      throw weightsMissing(file, ["w_enc and w_dec"], Object.keys(weights));
    const [dIn = 0, dSae = 0] = wEnc.shape;
    const [site, outputSite] = [fields.text("hook_point_in"), fields.text("hook_point_out")];
    return {
      config: {
        activation: "jumpRelu",
        dIn,
        dSae,
        dOut: wDec.shape[1] ?? 0,
        ...(site !== undefined && { site }),
        ...(outputSite !== undefined && { outputSite }),
      },
      weights,
      file,
    };
  },
};
