import { loadModel, type Transformer } from "@hookdict/models";
import { getBackend } from "@tensorflow/tfjs-core";
import { fileURLToPath } from "node:url";

const CHECKPOINT = fileURLToPath(new URL("../../../../examples/ioi-patching/model", import.meta.url));
const loaded = new Map<string, Transformer>();

/** The checkpoint of the cases, *borrowed*. */
export async function checkpoint(): Promise<Transformer> {
  const name = getBackend();
  const known = loaded.get(name) ?? (await loadModel(CHECKPOINT));
  loaded.set(name, known);
  return known;
}

/** Frees it. */
export function releaseWeightCheckpoints(): void {
  for (const model of loaded.values()) model[Symbol.dispose]();
  loaded.clear();
}
