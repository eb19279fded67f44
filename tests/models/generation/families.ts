import { existsSync, readdirSync, readFileSync } from "node:fs";
import { loadModel, Transformer } from "@hookdict/models";
import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";

const root = new URL("../../reference/models/families/", import.meta.url);

/** Two rows of a variant's reference, the second padded on the left. */
export interface Rows {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
}

/** A decoder of the references. **Ownership:** *returns owned*. */
export function decoder(name: string): Promise<Transformer> {
  return loadModel(new URL(`${name}/`, root));
}

/** The rows of a set. */
export function rowsOf(name: string, set = "a"): Rows {
  const text = readFileSync(new URL(`${name}/reference.json`, root), "utf8");
  return (JSON.parse(text) as { sets: Record<string, Rows> }).sets[set] as Rows; // the reference has the set
}

/** Names of all variants that are decoders with attention. */
export const decoders: readonly string[] = readdirSync(root).filter((name) => {
  const file = new URL(`${name}/reference.json`, root);
  if (!existsSync(file)) return false;
  const { kind } = JSON.parse(readFileSync(file, "utf8")) as { kind?: string };
  return kind === "decoder";
});

/** int32 `[batch, pos]`. **Ownership:** *returns owned*. */
export function ints(rows: readonly (readonly number[])[]): Tensor2D {
  return tensor2d(rows.flat(), [rows.length, rows[0]?.length ?? 0], "int32");
}
