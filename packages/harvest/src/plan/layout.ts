import { DTYPES, encodeUtf8, type SafetensorsDtype } from "@hookdict/tensordict/io";
import type { PlanFile } from "./plan.ts";

/** A tensor of a shard and where it lies in the file. */
export interface LaidTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** From the beginning of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** How a shard's file is laid out. */
export interface ShardLayout {
  readonly header: Uint8Array;
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, LaidTensor>;
  /** Of the whole file. */
  readonly bytes: number;
}

/** How many features were kept in an item, by name. */
export type FeatureCounts = Readonly<Record<string, number>>;

/**
 * How the shard of an item is laid out: it follows from the plan, the item's rows and the features that were kept, so that
 * a reader finds every row by arithmetic. Wide elements come first: every tensor begins at a multiple of its element size.
 */
export function shardLayout(
  id: string,
  plan: PlanFile,
  item: number,
  rows: number,
  counts: FeatureCounts,
): ShardLayout {
  const listed = listTensors(plan, rows, counts);
  const wide = [...listed].sort((a, b) => DTYPES[b.dtype].bytes - DTYPES[a.dtype].bytes);
  const ends: number[] = [];
  for (const tensor of wide) ends.push((ends.at(-1) ?? 0) + bytesOf(tensor));
  const header = encodeHeader(
    { harvest: id, item: String(item) },
    wide.map((tensor, i) => ({ ...tensor, from: ends[i - 1] ?? 0, to: ends[i] ?? 0 })),
  );
  const laid = wide.map((tensor, i): [string, LaidTensor] => [
    tensor.name,
    { ...tensor, offset: header.byteLength + (ends[i - 1] ?? 0), bytes: bytesOf(tensor) },
  ]);
  return { header, tensors: new Map(laid), bytes: header.byteLength + (ends.at(-1) ?? 0) };
}

type Listed = Pick<LaidTensor, "name" | "dtype" | "shape">;

function listTensors(plan: PlanFile, rows: number, counts: FeatureCounts): Listed[] {
  const { context, dtype, policy } = plan.data;
  const dense = plan.tensors.map(({ name, dtype: stored, shape }): Listed => ({
    name,
    dtype: stored,
    shape: [rows, ...shape],
  }));
  const sparse = plan.features.flatMap(({ name, width }): Listed[] => {
    const kept = counts[name] ?? 0;
    return [
      { name: `${name}.offsets`, dtype: "U32", shape: [rows * context + 1] },
      { name: `${name}.indices`, dtype: indexDtype(width), shape: [kept] },
      { name: `${name}.values`, dtype: "F16", shape: [kept] },
    ];
  });
  const places: Listed[] = [
    { name: "document", dtype: "U32", shape: [rows, context] },
    { name: "position", dtype: "U16", shape: [rows, context] },
    { name: "tokens", dtype, shape: [rows, context] },
  ];
  if (policy === "document") places.push({ name: "mask", dtype: "U8", shape: [rows, context] });
  return [...dense, ...sparse, ...places];
}

/** Indices of features take two bytes where they fit. */
export function indexDtype(width: number): "U16" | "U32" {
  return width <= 1 << 16 ? "U16" : "U32";
}

function bytesOf({ dtype, shape }: Listed): number {
  return shape.reduce((product, size) => product * size, 1) * DTYPES[dtype].bytes;
}

function encodeHeader(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly (Listed & { readonly from: number; readonly to: number })[],
): Uint8Array {
  const entries = tensors.map(({ name, dtype, shape, from, to }): [string, unknown] => [
    name,
    { dtype, shape, data_offsets: [from, to] },
  ]);
  const text = encodeUtf8(JSON.stringify(Object.fromEntries([["__metadata__", metadata], ...entries])));
  const length = Math.ceil(text.byteLength / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20); // spaces up to a multiple of eight
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}
