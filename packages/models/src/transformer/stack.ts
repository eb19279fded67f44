import type { Tensor } from "@tensorflow/tfjs-core";
import { layerRange } from "../errors.ts";
import { TransformerBlock } from "./block.ts";
import type { StackConfig, TransformerConfig } from "./config.ts";
import { MambaBlock } from "./mamba-block.ts";
import type { Parameters } from "./parameters.ts";
import type { CurrentPass } from "./pass.ts";

/** Blocks of a stack, whose parameters begin with `prefix`. */
export function makeBlocks(
  config: TransformerConfig,
  stack: StackConfig,
  parameters: Parameters,
  prefix: string,
  pass: CurrentPass,
): (TransformerBlock | MambaBlock)[] {
  const { dModel, nHeads, nKeyHeads, dHead, mamba } = config;
  return stack.layers.map((layer, index) => {
    const name = `${prefix}blocks.${layer.weights}`;
    if (mamba !== undefined) {
      return new MambaBlock({ config: mamba, norm: stack.norm, dModel, parameters, name, pass });
    }
    const sizes = { dModel, nHeads, nKeyHeads, dHead };
    return new TransformerBlock({ sizes, stack, layer, index, parameters, name, pass });
  });
}

/** Runs blocks from one layer to another, the latter excluded. */
export function runBlocks(
  blocks: readonly (TransformerBlock | MambaBlock)[],
  residual: Tensor,
  from: number,
  to: number,
): Tensor {
  let stream = residual;
  for (const block of blocks.slice(from, to)) stream = block.call(stream);
  return stream;
}

/** A layer's number, negative ones counted from the end. */
export function layerNumber(name: string, given: number | undefined, fallback: number, nLayers: number): number {
  if (given === undefined) return fallback;
  const layer = given < 0 ? given + nLayers : given;
  if (!Number.isInteger(layer) || layer < 0 || layer > nLayers) throw layerRange(name, given, nLayers);
  return layer;
}
