import type { HostTensor } from "@hookdict/tensordict/io";
import { weightShape, weightsMissing } from "../../errors.ts";
import { readWeights, transposed } from "../../formats/read-weights.ts";
import { readFlatYaml, sitesOf } from "./flat-yaml.ts";
import type { TranscoderFormat } from "./format.ts";

/**
 * Folders of cross-layer transcoders as circuit-tracer and candle-mi read them: `W_enc_{l}.safetensors` with `W_enc_{l}` `[dSae, dIn]`, its
 * biases and perhaps thresholds and a skip connection, and `W_dec_{l}.safetensors` with `W_dec_{l}` `[dSae, layers - l, dOut]`.
 */
export const crossLayer: TranscoderFormat = {
  name: "circuit-tracer, cross-layer",
  files: ["W_enc_0.safetensors", "W_dec_0.safetensors"],
  async *read(directory) {
    const yaml = await readFlatYaml(directory, "config.yaml");
    for (let layer = 0, layers = 1; layer < layers; layer++) {
      const [encFile, decFile] = [`W_enc_${layer}.safetensors`, `W_dec_${layer}.safetensors`];
      const file = `${directory.name}/${encFile}`;
      const { wEnc, ...others } = await readWeights(directory, encFile, {
        [`W_enc_${layer}`]: "wEnc",
        [`b_enc_${layer}`]: "bEnc",
        [`b_dec_${layer}`]: "bDec",
        [`threshold_${layer}`]: "threshold",
        [`W_skip_${layer}`]: "wSkip", // x W_skip
      });
      const { wDec } = await readWeights(directory, decFile, { [`W_dec_${layer}`]: "wDec" });
      if (wEnc === undefined || wDec === undefined)
        throw weightsMissing(file, [`W_enc_${layer} and W_dec_${layer}`], Object.keys(others));
      const [dSae = 0, dIn = 0] = wEnc.shape;
      const [, targets = 0, dOut = 0] = wDec.shape;
      if (layer === 0) layers = targets;
      if (wDec.shape.length !== 3 || targets !== layers - layer || layers === 0)
        throw weightShape(
          `${directory.name}/${decFile}`,
          `W_dec_${layer}`,
          [dSae, Math.max(layers - layer, 1), dOut],
          wDec.shape,
        );
      const [own, ...later] = byTarget(wDec) as [HostTensor, ...HostTensor[]]; // there is one
      yield {
        config: {
          activation: others.threshold === undefined ? "relu" : "jumpRelu",
          dIn,
          dSae,
          dOut,
          ...sitesOf(yaml, layer, { input: "hook_resid_mid", output: "hook_mlp_out" }),
        },
        weights: { ...others, wEnc: transposed(wEnc), wDec: own },
        later,
        file,
      };
    }
  },
};

/** `[dSae, target, dOut]` as one matrix for each target. */
function byTarget({ dtype, shape, data }: HostTensor): HostTensor[] {
  const [dSae = 0, targets = 0, dOut = 0] = shape;
  return Array.from({ length: targets }, (_, target) => {
    const rows = new Float32Array(dSae * dOut);
    for (let feature = 0; feature < dSae; feature++) {
      const from = (feature * targets + target) * dOut;
      rows.set(data.subarray(from, from + dOut), feature * dOut);
    }
    return { dtype, shape: [dSae, dOut], data: rows };
  });
}
