import {
  type BatchMatMulAttrs,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { replaceKernel } from "../replace-kernel.ts";
import { attributesOf, type Call, inputsOf } from "./call.ts";
import { LAYERS } from "./layers.node.ts";
import { Operations, PLAIN_PRODUCT } from "./operations.node.ts";

// Kernels that TensorFlow.js has no name for, run by operations of native/kernels. Whoever has the parts of a transformer
// looks them up by name, and does without where a backend has none; ARCHITECTURE.md lists their inputs and outputs.

/** Has the backend `tensorflow` run what the library of `native/kernels`, which must be loaded, does in one operation. */
export function registerFused(): void {
  for (const [kernelName, kernelFunc] of Object.entries(FUSED))
    registerKernel({ kernelName, backendName: "tensorflow", kernelFunc });
  replaceKernel("Softmax", "tensorflow", softmax);
  replaceKernel("Add", "tensorflow", add);
  replaceKernel("Transpose", "tensorflow", transpose);
  replaceKernel("BatchMatMul", "tensorflow", fewRows, "few rows"); // around what products.node.ts put there
}

const FUSED: Readonly<Record<string, KernelFunc>> = {
  HookdictLinear: linear,
  HookdictLinearTransposed: linearTransposed,
  HookdictEmbed: embed,
  HookdictLayerNorm: layerNorm,
  HookdictRmsNorm: rmsNorm,
  HookdictGelu: gelu,
  HookdictGated: gated,
  HookdictRotate: rotate,
  HookdictScores: scores,
  HookdictValues: values,
  HookdictWriteColumns: writeColumns,
  HookdictWriteRows: writeRows,
  HookdictCopy: copy,
  ...LAYERS,
};

/** Up to so many multiplications one operation of ours takes less time than TensorFlow's, which are several and larger. */
const SMALL = 1 << 18;

/**
 * Up to so many rows a product takes little longer than its matrix takes to come through memory, and ours less time than TensorFlow's:
 * for one row of GPT-2 small 0.12 ms in place of 0.18. And up to so many queries of attention.
 */
const FEW = { rows: 8, queries: 16 } as const;

function linear(call: Call): TensorInfo {
  const { x, weight, bias } = inputsOf<{ x: TensorInfo; weight: TensorInfo; bias?: TensorInfo }>(call);
  const { columns, heads } = attributesOf<{ columns: number; heads: number }>(call);
  const shape = { integers: { columns, heads } };
  using run = new Operations(call.backend);
  const [xId = 0, weightId = 0, ...biasIds] = run.inputs(x, weight, ...(bias === undefined ? [] : [bias]));
  const [dIn = 0, dOut = 0] = weight.shape;
  if (elements(x) <= FEW.rows * dIn || elements(x) * dOut <= SMALL)
    return run.give(
      bias === undefined ? "HookdictFewProduct" : "HookdictFewLinear",
      [xId, weightId, ...biasIds],
      shape,
    );
  const rows = run.step("HookdictRows", [xId], { integers: { columns } });
  const product = run.step("MatMul", [rows, weightId], PLAIN_PRODUCT);
  return run.give(
    bias === undefined ? "HookdictShaped" : "HookdictAddBias",
    [product, xId, ...biasIds],
    shape,
  );
}

/** Of matrices whose rows are what comes out: embeddings. */
function linearTransposed(call: Call): TensorInfo {
  const { x, rows } = inputsOf<Record<"x" | "rows", TensorInfo>>(call);
  const [, dIn = 0] = rows.shape;
  using run = new Operations(call.backend);
  const [xId = 0, rowsId = 0] = run.inputs(x, rows);
  if (elements(x) <= FEW.rows * dIn) return run.give("HookdictFewTransposed", [xId, rowsId]);
  const flat = run.step("HookdictRows", [xId], { integers: { columns: 1 } });
  const flags = { adj_x: false, adj_y: true };
  const product = run.step("BatchMatMulV2", [flat, rowsId], { types: ["T"], flags });
  return run.give("HookdictShaped", [product, xId], { integers: { columns: 1, heads: 0 } });
}

function embed(call: Call): TensorInfo {
  const { table, ids } = inputsOf<Record<"table" | "ids", TensorInfo>>(call);
  using run = new Operations(call.backend);
  return run.give("HookdictRowsAt", run.inputs(table, ids));
}

function elements({ shape }: TensorInfo): number {
  return shape.reduce((product, each) => product * each, 1);
}

function layerNorm(call: Call): TensorInfo[] {
  const { x, gain, bias } = inputsOf<Record<"x" | "gain" | "bias", TensorInfo>>(call);
  const { epsilon } = attributesOf<{ epsilon: number }>(call);
  using run = new Operations(call.backend);
  return run.giveAll("HookdictLayerNorm", run.inputs(x, gain, bias), { floats: { epsilon } }, 3);
}

function rmsNorm(call: Call): TensorInfo[] {
  const { x, gain } = inputsOf<Record<"x" | "gain", TensorInfo>>(call);
  const { epsilon } = attributesOf<{ epsilon: number }>(call);
  using run = new Operations(call.backend);
  return run.giveAll("HookdictRmsNorm", run.inputs(x, gain), { floats: { epsilon } }, 3);
}

function gelu(call: Call): TensorInfo {
  using run = new Operations(call.backend);
  return run.give("HookdictGelu", run.inputs(inputsOf<{ x: TensorInfo }>(call).x));
}

function gated(call: Call): TensorInfo {
  const { gate, up } = inputsOf<Record<"gate" | "up", TensorInfo>>(call);
  using run = new Operations(call.backend);
  return run.give("HookdictGated", run.inputs(gate, up), { integers: attributesOf<{ kind: number }>(call) });
}

function rotate(call: Call): TensorInfo {
  const { x, cos, sin } = inputsOf<Record<"x" | "cos" | "sin", TensorInfo>>(call);
  const integers = attributesOf<{ adjacent: number }>(call);
  using run = new Operations(call.backend);
  return run.give("HookdictRotate", run.inputs(x, cos, sin), { integers });
}

function scores(call: Call): TensorInfo {
  const { queries, keys, mask } = inputsOf<Record<"queries" | "keys" | "mask", TensorInfo>>(call);
  const { scale } = attributesOf<{ scale: number }>(call);
  const [, dest = 1, heads = 1] = queries.shape;
  const [, room = 1, groups = 1] = keys.shape;
  const src = mask.shape.at(-1) ?? 1;
  using run = new Operations(call.backend);
  const [queriesId = 0, keysId = 0, maskId = 0] = run.inputs(queries, keys, mask);
  if (dest <= FEW.queries || src < room || elements(queries) * src <= SMALL)
    return run.give("HookdictFewScores", [queriesId, keysId, maskId], { floats: { scale } });
  const byHead = [
    run.step("HookdictSwapAxes", [queriesId], { integers: { heads: 0, groups } }),
    run.step("HookdictSwapAxes", [keysId], UNGROUPED),
  ];
  const product = run.step("BatchMatMulV2", byHead, { types: ["T"], flags: { adj_x: false, adj_y: true } });
  return run.give("HookdictScaleAdd", [product, maskId], { floats: { scale }, integers: { heads } });
}

function values(call: Call): TensorInfo {
  const { pattern, values: given } = inputsOf<Record<"pattern" | "values", TensorInfo>>(call);
  const [, heads = 1, dest = 1, src = 1] = pattern.shape;
  const [, room = 1, groups = 1, dHead = 1] = given.shape;
  using run = new Operations(call.backend);
  const [patternId = 0, valuesId = 0] = run.inputs(pattern, given);
  if (dest <= FEW.queries || src < room || elements(pattern) * dHead <= SMALL)
    return run.give("HookdictFewValues", [patternId, valuesId]);
  const byGroup =
    groups === heads ? patternId : run.step("HookdictGroup", [patternId], { integers: { groups } });
  const byHead = run.step("HookdictSwapAxes", [valuesId], UNGROUPED);
  const flags = { adj_x: false, adj_y: false };
  const mixed = run.step("BatchMatMulV2", [byGroup, byHead], { types: ["T"], flags });
  return run.give("HookdictSwapAxes", [mixed], { integers: { heads, groups: 0 } });
}

function writeColumns(call: Call): TensorInfo {
  const { store, at, rows } = inputsOf<Record<"store" | "at" | "rows", TensorInfo>>(call);
  using run = new Operations(call.backend);
  return run.give("HookdictWriteColumns", run.inputs(store, at, rows));
}

/** An operation of TensorFlow's that gives the memory of what it is given. */
function writeRows(call: Call): TensorInfo {
  const { store, at, rows } = inputsOf<Record<"store" | "at" | "rows", TensorInfo>>(call);
  using run = new Operations(call.backend);
  return run.give("InplaceUpdate", run.inputs(store, at, rows), { types: ["T"] });
}

/** Memory of its own: a slice of TensorFlow's may stand on that of what it was cut from. */
function copy(call: Call): TensorInfo {
  using run = new Operations(call.backend);
  return run.give("DeepCopy", run.inputs(inputsOf<{ x: TensorInfo }>(call).x), { types: ["T"] });
}

/** Of `HookdictSwapAxes`: the axes as they are. */
const UNGROUPED = { integers: { heads: 0, groups: 0 } };

/** Of few rows with a matrix, as it is or transposed. */
function fewRows(original: KernelFunc): KernelFunc {
  return (call) => {
    const { a, b } = inputsOf<Record<"a" | "b", TensorInfo>>(call);
    const { transposeA, transposeB } = attributesOf<BatchMatMulAttrs>(call);
    const isPlain = a.dtype === "float32" && b.dtype === "float32" && !transposeA;
    const isFew = a.shape.length === 2 && b.shape.length === 2 && (a.shape[0] ?? 0) <= FEW.rows;
    if (!isPlain || !isFew) return original(call);
    using run = new Operations(call.backend);
    const ids = run.inputs(a, b);
    return transposeB
      ? run.give("HookdictFewTransposed", ids)
      : run.give("HookdictFewProduct", ids, { integers: { columns: 1, heads: 0 } });
  };
}

/** Of tensors of one shape: TensorFlow's own wakes a thread for what takes less than that does. */
function add(original: KernelFunc): KernelFunc {
  return (call) => {
    const { a, b } = inputsOf<Record<"a" | "b", TensorInfo>>(call);
    const isPlain = a.dtype === "float32" && b.dtype === "float32" && areEqual(a.shape, b.shape);
    if (!isPlain) return original(call);
    using run = new Operations(call.backend);
    return run.give("HookdictAdd", run.inputs(a, b));
  };
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function softmax(original: KernelFunc): KernelFunc {
  return (call) => {
    const { logits } = inputsOf<{ logits: TensorInfo }>(call);
    if (logits.dtype !== "float32" || logits.shape.length === 0) return original(call);
    using run = new Operations(call.backend);
    return run.give("HookdictSoftmax", run.inputs(logits));
  };
}

/** The middle ones of four axes exchanged, as attention does between positions and heads. */
function transpose(original: KernelFunc): KernelFunc {
  return (call) => {
    const { x } = inputsOf<{ x: TensorInfo }>(call);
    const { perm } = attributesOf<{ perm: readonly number[] }>(call);
    if (x.dtype !== "float32" || perm.join() !== "0,2,1,3") return original(call);
    using run = new Operations(call.backend);
    return run.give("HookdictSwapAxes", run.inputs(x), UNGROUPED);
  };
}
