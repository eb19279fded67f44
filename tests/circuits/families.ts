import { loadModel, type Transformer } from "@hookdict/models";
import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { familyFolder, variants } from "../models/families/variants.ts";

/** Names of the decoders of the reference. */
export const decoders: readonly string[] = variants("decoder");

/** A tiny checkpoint of a family, with tokens for it. */
export async function withFamily<T>(
  name: string,
  fn: (model: Transformer, tokens: Tensor2D) => T | Promise<T>,
): Promise<T> {
  const model = await loadModel(familyFolder(name));
  const tokens: Tensor2D = tensor2d([[1, 5, 3, 7, 2, 6]], undefined, "int32");
  try {
    return await fn(model, tokens);
  } finally {
    tokens.dispose();
    model.dispose();
  }
}
