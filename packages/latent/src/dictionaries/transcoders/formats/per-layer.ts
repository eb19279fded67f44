import { findFile, type SourceDirectory } from "@hookdict/tensordict/io";
import { configInvalid, weightsMissing } from "../../errors.ts";
import { readNpzWeights } from "../../formats/gemma-scope-1.ts";
import { readWeights, transposed } from "../../formats/read-weights.ts";
import { readFlatYaml, sitesOf } from "./flat-yaml.ts";
import type { ReadTranscoder, TranscoderFormat } from "./format.ts";

/** Folders of circuit-tracer with one file for each layer: `layer_{l}.safetensors`, matrices as `[dSae, dIn]` and `[dSae, dOut]`. */
export const perLayer: TranscoderFormat = {
  name: "circuit-tracer, per layer",
  files: ["layer_0.safetensors"],
  async *read(directory) {
    const yaml = await readFlatYaml(directory, "config.yaml");
    for (let layer = 0; await has(directory, `layer_${layer}.safetensors`); layer++)
      yield withSites(await oneLayer(directory, `layer_${layer}.safetensors`), sitesOf(yaml, layer));
  },
};

/**
 * Folders whose `config.yaml` lists a file for each layer, `hf://owner/name/path`: Gemma Scope's `.npz` or the files above, which lie below the
 * folder under their `path`.
 */
export const listed: TranscoderFormat = {
  name: "circuit-tracer, listed",
  files: ["config.yaml"],
  async *read(directory) {
    const yaml = await readFlatYaml(directory, "config.yaml");
    const { transcoders } = yaml;
    const where = `${directory.name}/config.yaml`;
    if (!Array.isArray(transcoders) || transcoders.length === 0)
      throw configInvalid(where, "transcoders", transcoders, "a list of files");
    for (const [layer, entry] of (transcoders as readonly string[]).entries()) {
      const path = pathOf(entry);
      if (path === undefined)
        throw configInvalid(
          where,
          `transcoders ${layer}`,
          entry,
          "hf://owner/name/path to .npz or .safetensors",
        );
      const read = path.endsWith(".npz")
        ? await readNpzWeights(directory, path)
        : await oneLayer(directory, path);
      yield withSites(read, sitesOf(yaml, layer));
    }
  },
};

/** The path in the folder; nothing that leads out of it. */
function pathOf(entry: string): string | undefined {
  const [, path = ""] =
    /^(?:hf:\/\/[^/]+\/[^/]+\/)?([^?#]+\.(?:npz|safetensors))(?:[?#].*)?$/.exec(entry) ?? [];
  const isInside = path !== "" && !/^\/|\\|:/.test(path) && !path.split("/").includes("..");
  return isInside ? path : undefined;
}

function withSites(read: ReadTranscoder, sites: object): ReadTranscoder {
  return { ...read, config: { ...read.config, ...sites } };
}

async function has(directory: SourceDirectory, file: string): Promise<boolean> {
  const source = await findFile(directory, file);
  await source?.close();
  return source !== undefined;
}

async function oneLayer(directory: SourceDirectory, name: string): Promise<ReadTranscoder> {
  const file = `${directory.name}/${name}`;
  const { wEnc, wSkip, ...others } = await readWeights(directory, name, {
    W_enc: "wEnc",
    W_dec: "wDec",
    b_enc: "bEnc",
    b_dec: "bDec",
    threshold: "threshold",
    W_skip: "wSkip", // x W_skip^T
  });
  if (wEnc === undefined || others.wDec === undefined)
    throw weightsMissing(file, ["W_enc and W_dec"], Object.keys(others));
  const [dSae = 0, dIn = 0] = wEnc.shape;
  return {
    config: {
      activation: others.threshold === undefined ? "relu" : "jumpRelu",
      dIn,
      dSae,
      dOut: others.wDec.shape[1] ?? 0,
    },
    weights: { ...others, wEnc: transposed(wEnc), ...(wSkip !== undefined && { wSkip: transposed(wSkip) }) },
    file,
  };
}
