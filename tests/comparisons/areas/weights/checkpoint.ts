import { loadModel, type Transformer } from "@hookdict/models";
import { getBackend } from "@tensorflow/tfjs-core";
import { modelFolder } from "../../analysis/setting.ts";
import type { Given } from "../../methods/cases.ts";

const loaded = new Map<string, Transformer>();

/** The checkpoint of a case, as it is in the file; *borrowed*. */
export async function checkpoint({ folder, options }: Given): Promise<Transformer> {
  const weights = options["weights"] ?? "as in the checkpoint";
  if (weights !== "as in the checkpoint") throw new Error(`no weights ${JSON.stringify(weights)}`);
  const location = modelFolder(folder);
  const name = `${getBackend()} ${location}`;
  const known = loaded.get(name) ?? (await loadModel(location));
  loaded.set(name, known);
  return known;
}

/** Frees it. */
export function releaseWeightCheckpoints(): void {
  for (const model of loaded.values()) model[Symbol.dispose]();
  loaded.clear();
}
