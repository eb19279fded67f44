// Products of float32 matrices, in AssemblyScript; `pnpm assemble` compiles it into
// src/wasm/product-code.ts. It works on the memory of the wasm backend, where the tensors are.
//
// As in Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): both factors are copied in parts
// that fit into the caches, in the order in which they are multiplied, and a kernel adds up 4 × 8 values in registers. The
// factors' strides are free, so that a transposed factor costs no more than a plain one.

import { Job } from "./job";
import { oneRow } from "./one-row";

/** Rows of a tile. */
const TILE_ROWS: usize = 128;
/** So many values of the inner dimension are added up before the next are copied. */
const DEPTH: usize = 512;

// A thread's own memory: rows of `a` by fours, then columns of `b` by eights, then one block of the result, then zeros.
const B_OFFSET: usize = (TILE_ROWS * DEPTH) << 2;
const BLOCK_OFFSET: usize = B_OFFSET + ((DEPTH * 8) << 2);
const ZEROS_OFFSET: usize = BLOCK_OFFSET + 4 * 32;

/** Bytes of `scratch` that each thread needs; 16-byte aligned. */
export function scratchBytes(): usize {
  return ZEROS_OFFSET + 32;
}

/** Computes one tile of the result. Tiles are counted along the columns, then the rows, then the batch. */
export function tile(job: Job, index: usize, scratch: usize): void {
  const tilesAcross = (job.columns + job.tileColumns - 1) / job.tileColumns;
  const tilesDown = (job.rows + TILE_ROWS - 1) / TILE_ROWS;
  const batch = index / (tilesAcross * tilesDown);
  const top = ((index / tilesAcross) % tilesDown) * TILE_ROWS;
  const left = (index % tilesAcross) * job.tileColumns;
  const rows = min(TILE_ROWS, job.rows - top);
  const right = min(left + job.tileColumns, job.columns);
  const a = job.a + batch * job.aBatchStride + top * job.aRowStride;
  const b = job.b + batch * job.bBatchStride;
  const c = job.c + (((batch * job.rows + top) * job.columns) << 2);
  if (job.rows == 1) return oneRow(job, a, b, c, left, right);
  v128.store(scratch + ZEROS_OFFSET, i32x4.splat(0));
  v128.store(scratch + ZEROS_OFFSET, i32x4.splat(0), 16);
  const parts = max<usize>(1, (job.inner + DEPTH - 1) / DEPTH);
  for (let part: usize = 0; part < parts; part++) {
    const from = <usize>((<u64>job.inner * part) / parts);
    const depth = <usize>((<u64>job.inner * (part + 1)) / parts) - from;
    packA(job, a + from * job.aInnerStride, rows, depth, scratch);
    for (let column = left; column < right; column += 8) {
      packB(
        job,
        b + from * job.bInnerStride + column * job.bColumnStride,
        right - column,
        depth,
        scratch + B_OFFSET,
      );
      strip(job, c, column, rows, depth, part == 0, scratch);
    }
  }
}

/** Eight columns of the tile, or the last few. */
function strip(
  job: Job,
  c: usize,
  column: usize,
  rows: usize,
  depth: usize,
  isFirst: bool,
  scratch: usize,
): void {
  const stride = job.columns << 2;
  const bias = job.bias == 0 ? scratch + ZEROS_OFFSET : job.bias + (column << 2);
  const columns = min<usize>(8, job.columns - column);
  const block = scratch + BLOCK_OFFSET;
  for (let row: usize = 0; row < rows; row += 4) {
    const a = scratch + ((row * depth) << 2);
    const to = c + row * stride + (column << 2);
    const from = isFirst ? bias : to;
    const fromStride: usize = isFirst ? 0 : stride;
    if (rows - row >= 4 && columns == 8) {
      multiply(depth, a, scratch + B_OFFSET, from, fromStride, to, stride);
    } else {
      const height = min<usize>(4, rows - row);
      copyBlock(from, fromStride, block, 32, height, columns);
      multiply(depth, a, scratch + B_OFFSET, block, 32, block, 32);
      copyBlock(block, 32, to, stride, height, columns);
    }
  }
}

/** Adds the product of four rows of `a` and eight columns of `b`, as they are packed, to the block `from`, and stores it. */
function multiply(
  depth: usize,
  a: usize,
  b: usize,
  from: usize,
  fromStride: usize,
  to: usize,
  stride: usize,
): void {
  let l0 = v128.load(from);
  let r0 = v128.load(from, 16);
  let l1 = v128.load(from + fromStride);
  let r1 = v128.load(from + fromStride, 16);
  let l2 = v128.load(from + 2 * fromStride);
  let r2 = v128.load(from + 2 * fromStride, 16);
  let l3 = v128.load(from + 3 * fromStride);
  let r3 = v128.load(from + 3 * fromStride, 16);
  const end = b + (depth << 5);
  while (b < end) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    l0 = f32x4.add(l0, f32x4.mul(x, left));
    r0 = f32x4.add(r0, f32x4.mul(x, right));
    x = v128.load_splat<f32>(a, 4);
    l1 = f32x4.add(l1, f32x4.mul(x, left));
    r1 = f32x4.add(r1, f32x4.mul(x, right));
    x = v128.load_splat<f32>(a, 8);
    l2 = f32x4.add(l2, f32x4.mul(x, left));
    r2 = f32x4.add(r2, f32x4.mul(x, right));
    x = v128.load_splat<f32>(a, 12);
    l3 = f32x4.add(l3, f32x4.mul(x, left));
    r3 = f32x4.add(r3, f32x4.mul(x, right));
    a += 16;
    b += 32;
  }
  v128.store(to, l0);
  v128.store(to, r0, 16);
  v128.store(to + stride, l1);
  v128.store(to + stride, r1, 16);
  v128.store(to + 2 * stride, l2);
  v128.store(to + 2 * stride, r2, 16);
  v128.store(to + 3 * stride, l3);
  v128.store(to + 3 * stride, r3, 16);
}

function packA(job: Job, a: usize, rows: usize, depth: usize, to: usize): void {
  for (let row: usize = 0; row < rows; row += 4) {
    pack(
      a + row * job.aRowStride,
      job.aRowStride,
      job.aInnerStride,
      rows - row,
      depth,
      to + ((row * depth) << 2),
      16,
    );
  }
}

function packB(job: Job, b: usize, columns: usize, depth: usize, to: usize): void {
  pack(b, job.bColumnStride, job.bInnerStride, columns, depth, to, 32);
  if (columns > 4)
    pack(b + 4 * job.bColumnStride, job.bColumnStride, job.bInnerStride, columns - 4, depth, to + 16, 32);
}

/**
 * Copies four lines of a matrix so that their values alternate: the first of each, then the second of each, and so on. What
 * stands for lines beyond `lines` is never part of a result.
 */
function pack(
  from: usize,
  lineStride: usize,
  innerStride: usize,
  lines: usize,
  depth: usize,
  to: usize,
  toStride: usize,
): void {
  if (lineStride == 4 && lines >= 4) return copyFours(from, innerStride, depth, to, toStride);
  const second = from + (lines > 1 ? lineStride : 0);
  const third = from + (lines > 2 ? 2 * lineStride : 0);
  const fourth = from + (lines > 3 ? 3 * lineStride : 0);
  if (innerStride == 4) return alternate(from, second, third, fourth, depth, to, toStride);
  for (let i: usize = 0; i < depth; i++) {
    const at = i * innerStride;
    f32.store(to, f32.load(from + at));
    f32.store(to, f32.load(second + at), 4);
    f32.store(to, f32.load(third + at), 8);
    f32.store(to, f32.load(fourth + at), 12);
    to += toStride;
  }
}

function copyFours(from: usize, innerStride: usize, depth: usize, to: usize, toStride: usize): void {
  for (let i: usize = 0; i < depth; i++) {
    v128.store(to, v128.load(from));
    from += innerStride;
    to += toStride;
  }
}

function alternate(
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  depth: usize,
  to: usize,
  toStride: usize,
): void {
  let i: usize = 0;
  for (; i + 4 <= depth; i += 4) {
    const at = i << 2;
    const x = v128.load(first + at);
    const y = v128.load(second + at);
    const z = v128.load(third + at);
    const w = v128.load(fourth + at);
    const xyLow = v128.shuffle<f32>(x, y, 0, 4, 1, 5);
    const xyHigh = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
    const zwLow = v128.shuffle<f32>(z, w, 0, 4, 1, 5);
    const zwHigh = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(xyLow, zwLow, 0, 1, 4, 5));
    v128.store(to + toStride, v128.shuffle<f32>(xyLow, zwLow, 2, 3, 6, 7));
    v128.store(to + 2 * toStride, v128.shuffle<f32>(xyHigh, zwHigh, 0, 1, 4, 5));
    v128.store(to + 3 * toStride, v128.shuffle<f32>(xyHigh, zwHigh, 2, 3, 6, 7));
    to += 4 * toStride;
  }
  for (; i < depth; i++) {
    const at = i << 2;
    f32.store(to, f32.load(first + at));
    f32.store(to, f32.load(second + at), 4);
    f32.store(to, f32.load(third + at), 8);
    f32.store(to, f32.load(fourth + at), 12);
    to += toStride;
  }
}

function copyBlock(
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  rows: usize,
  columns: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let column: usize = 0; column < columns; column++)
      f32.store(to + row * toStride + (column << 2), f32.load(from + row * fromStride + (column << 2)));
  }
}
