import type { Pattern } from "@hookdict/core";
import { checkArgument, isTensor } from "@hookdict/tensordict";
import { add, matMul, mul, reshape, sub, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";

/** A grid of cells: in each, one entry along the axes is put from one run into another. Plain data. */
export interface PatchTable {
  readonly name: string;
  /** The sites whose values are patched. */
  readonly sites: Pattern;
  /**
   * `"layer"` for one cell at each site, and axes that sites declare (`"head"` stands for heads of keys, too). Along others
   * the whole value is patched. Without `"layer"` all sites are patched together.
   */
  readonly axes: readonly string[];
  /** Entries along further axes, to which patches are confined; negative ones count from the end. */
  readonly slice?: Readonly<Record<string, number>>;
  /** Patches within a subspace alone: an interchange intervention (Geiger et al. 2023), such as on a basis that alignment search found. */
  readonly basis?: PatchBasis;
}

/** A subspace of the last axis of what sites give. */
export interface PatchBasis {
  /** Orthonormal columns, float32 `[width, rank]`. **Ownership:** *borrowed* while the table is in use. */
  readonly vectors: Tensor;
  /** How far a value goes: `h' = h + strength (source - h) B Bᵀ`. Default 1. */
  readonly strength?: number;
}

/**
 * A value with its part in a subspace moved to the source's. New tensors belong to the scope.
 *
 * @param value `[..., width]`, as the source.
 */
export function interchanged(value: Tensor, source: Tensor, { vectors, strength = 1 }: PatchBasis): Tensor {
  const [width = 1] = vectors.shape;
  const flat = reshape(sub(source, value), [-1, width]);
  const moved = matMul(matMul(flat, vectors), vectors, false, true);
  return add(value, mul(reshape(moved, value.shape), strength));
}

/** Whether something is a basis. Reads its vectors at once. */
export function isBasis(given: unknown): given is PatchBasis {
  if (typeof given !== "object" || given === null || !("vectors" in given)) return false;
  const { vectors } = given;
  if (!isTensor(vectors) || vectors.isDisposed || vectors.rank !== 2 || vectors.dtype !== "float32")
    return false;
  if ("strength" in given && given.strength !== undefined && typeof given.strength !== "number") return false;
  const gram = tidy(() => matMul(vectors as Tensor2D, vectors as Tensor2D, true, false));
  const rank = gram.shape[0] ?? 0;
  const values = [...gram.dataSync()];
  gram.dispose();
  return values.every((each, i) => Math.abs(each - (i % (rank + 1) === 0 ? 1 : 0)) < 1e-3);
}

const table = (name: string, site: string, axes: readonly string[]): PatchTable => ({
  name,
  sites: `blocks.*.${site}`,
  axes,
});

const HEADS = { out: "z", q: "q", k: "k", v: "v", pattern: "pattern" } as const;
const by = (part: "out" | "q" | "k" | "v"): PatchTable =>
  table(`attn_head_${part}_by_pos`, `attn.hook_${HEADS[part]}`, ["layer", "pos", "head"]);
const all = (part: keyof typeof HEADS): PatchTable =>
  table(`attn_head_${part}_all_pos`, `attn.hook_${HEADS[part]}`, ["layer", "head"]);

/** The tables of TransformerLens's patching module, under its names; those of {@link TABLE_STACKS} join some. */
export const PATCH_TABLES: readonly PatchTable[] = [
  table("resid_pre", "hook_resid_pre", ["layer", "pos"]),
  table("resid_mid", "hook_resid_mid", ["layer", "pos"]),
  table("attn_out", "hook_attn_out", ["layer", "pos"]),
  table("mlp_out", "hook_mlp_out", ["layer", "pos"]),
  by("out"),
  by("q"),
  by("k"),
  by("v"),
  table("attn_head_pattern_by_pos", "attn.hook_pattern", ["layer", "head", "dest"]),
  table("attn_head_pattern_dest_src_pos", "attn.hook_pattern", ["layer", "head", "dest", "src"]),
  all("out"),
  all("q"),
  all("k"),
  all("v"),
  all("pattern"),
];

/** Stacks of tables, by name: what {@link stackTables} puts along a first axis. */
export const TABLE_STACKS: Readonly<Record<string, readonly string[]>> = {
  attn_head_all_pos_every: ["out", "q", "k", "v", "pattern"].map((part) => `attn_head_${part}_all_pos`),
  attn_head_by_pos_every: [
    ...["out", "q", "k", "v"].map((part) => `attn_head_${part}_by_pos`),
    "attn_head_pattern_by_pos",
  ],
  block_every: ["resid_pre", "attn_out", "mlp_out"],
};

/**
 * Tables of the names that are given, a stack standing for its own.
 *
 * @throws UsageError `CIRCUIT_OPTION` for a name that no table has.
 * @example
 * patchTables(["block_every"]).map(({ name }) => name); // => ["resid_pre", "attn_out", "mlp_out"]
 */
export function patchTables(names: readonly string[]): readonly PatchTable[] {
  checkArgument("patchTables", "names", names, "a list of texts");
  const known = [...PATCH_TABLES.map(({ name }) => name), ...Object.keys(TABLE_STACKS)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw optionWrong("patchTables", "names", unknown, `some of ${known.join(", ")}`);
  const wanted = new Set(names.flatMap((name) => TABLE_STACKS[name] ?? [name]));
  return PATCH_TABLES.filter(({ name }) => wanted.has(name));
}
