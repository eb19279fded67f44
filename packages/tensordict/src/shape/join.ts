import {
  complex,
  concat,
  getBackend,
  stack,
  type Tensor,
  tensor as makeTensor,
  tidy,
  util,
} from "@tensorflow/tfjs-core";
import { dictDisposed } from "../tree/errors.ts";
import { DictNode, isNode, isTensorLeaf, sameSizes } from "../tree/node.ts";
import { nest, type NonTensor } from "../values/non-tensor.ts";
import { adopt } from "../tensors/ownership.ts";
import { attach, freeNode, live } from "../tree/lifetime.ts";
import { engineInternals } from "../tensors/engine.ts";
import { requireAlike } from "./alike.ts";
import { partsOf, valuesLeaf } from "./change.ts";
import { checkDim, elementCount, mapIndices, positionOf } from "./sizes.ts";

/** How leaves at one key become one. */
interface Join {
  readonly action: string;
  /** A nested batch size of the result. */
  readonly batchSize: (batchSize: readonly number[]) => readonly number[];
  readonly tensors: (parts: Tensor[]) => Tensor;
  /** `nodes` are the dicts that the parts lie in. */
  readonly values: (parts: readonly NonTensor[], nodes: readonly DictNode[]) => NonTensor;
}

/** The dicts along a new batch dim. **Ownership:** borrows; returns owned. */
export function stackNodes(nodes: readonly DictNode[], dim: number): DictNode {
  requireLive("stack", nodes);
  requireAlike("stack", nodes);
  const at = checkDim("stack", dim, nodes[0].batchSize.length + 1);
  const batchSize = (size: readonly number[]): readonly number[] => size.toSpliced(at, 0, nodes.length);
  return joinNodes(nodes, {
    action: "stack",
    batchSize,
    tensors: (parts) => (at === 0 ? stackHost(parts) : undefined) ?? joined(parts, (each) => stack(each, at)),
    values: (parts, level) =>
      joinValues(parts, level, batchSize(level[0]?.batchSize ?? []), (index) => [
        index[at] ?? 0,
        index.toSpliced(at, 1),
      ]),
  });
}

/** The dicts one after the other along a batch dim. **Ownership:** borrows; returns owned. */
export function catNodes(nodes: readonly DictNode[], dim: number): DictNode {
  requireLive("cat", nodes);
  const dims = nodes[0]?.batchSize.length ?? 1;
  const at = checkDim("cat", dim, dims);
  requireAlike("cat", nodes, (a, b) => a.length === b.length && sameSizes(a.with(at, 0), b.with(at, 0)));
  const sizes = nodes.map((node) => node.batchSize[at] ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const batchSize = (size: readonly number[]): readonly number[] => size.with(at, total);
  const from = (index: readonly number[]): Origin => {
    let left = index[at] ?? 0;
    let part = 0;
    while (left >= (sizes[part] ?? Infinity)) left -= sizes[part++] ?? 0;
    return [part, index.with(at, left)];
  };
  return joinNodes(nodes, {
    action: "cat",
    batchSize,
    tensors: (parts) => joined(parts, (each) => concat(each, at)),
    values: (parts, level) =>
      commonValue(parts) ?? joinValues(parts, level, batchSize(level[0]?.batchSize ?? []), from),
  });
}

function requireLive(action: string, nodes: readonly DictNode[]): void {
  for (const node of nodes) if (node.disposed) throw dictDisposed(action);
}

function joinNodes(nodes: readonly [DictNode, ...DictNode[]], join: Join): DictNode {
  const [first] = nodes;
  const whole = new DictNode(Object.freeze([...join.batchSize(first.batchSize)]));
  try {
    for (const [name, value] of first.leaves) {
      const parts = nodes.map((node) => node.leaves.get(name));
      if (isNode(value)) attach(whole, name, joinNodes(parts as [DictNode, ...DictNode[]], join));
      else if (isTensorLeaf(value)) whole.leaves.set(name, joinTensors(nodes, name, parts as Tensor[], join));
      else whole.leaves.set(name, join.values(parts as NonTensor[], nodes));
    } // the casts: requireAlike has compared the kinds
    return whole;
  } catch (error) {
    freeNode(whole);
    throw error;
  }
}

function joinTensors(nodes: readonly DictNode[], name: string, parts: Tensor[], join: Join): Tensor {
  for (const [i, node] of nodes.entries()) live(node, name, parts[i] as Tensor); // one per node
  const result: { leaf?: Tensor } = {};
  tidy(() => {
    result.leaf = adopt(join.tensors(parts));
  });
  return result.leaf as Tensor; // set above, unless the kernel has thrown
}

/** Joins tensors; complex ones by their parts, since kernels take these for one list of numbers. */
function joined(parts: Tensor[], join: (parts: Tensor[]) => Tensor): Tensor {
  if (parts[0]?.dtype !== "complex64") return join(parts);
  const pairs = parts.map(partsOf);
  return complex(join(pairs.map(([re]) => re)), join(pairs.map(([, im]) => im)));
}

/**
 * Numbers of the `cpu` backend, which are in the host's memory, one after the other: ten times as fast as its kernel,
 * which reshapes each tensor first. Not while gradients are recorded.
 */
function stackHost(parts: readonly Tensor[]): Tensor | undefined {
  const [first] = parts as readonly [Tensor]; // never called without
  const { dtype, shape, size } = first;
  const isPlain = dtype === "float32" || dtype === "int32" || dtype === "bool";
  if (!isPlain || getBackend() !== "cpu" || engineInternals().state.gradientDepth > 0) return undefined;
  const values = util.getTypedArrayFromDType(dtype, parts.length * size);
  const { tensorInfo } = engineInternals().state;
  for (const [i, { dataId }] of parts.entries()) {
    const data = tensorInfo.get(dataId)?.backend.readSync(dataId) as ArrayLike<number>; // of these dtypes
    if (size === 1) values[i] = data[0] ?? 0;
    else values.set(data, i * size);
  }
  return makeTensor(values, [parts.length, ...shape], dtype);
}

/** Which part an element comes from, and its index there. */
type Origin = readonly [part: number, index: readonly number[]];

/** The one value that holds everywhere in all parts. */
function commonValue(parts: readonly NonTensor[]): NonTensor | undefined {
  const [first] = parts;
  const isCommon = parts.every(({ shape, items }) => shape === null && Object.is(items[0], first?.items[0]));
  return isCommon ? first : undefined;
}

/** One value per element of the joined batch; a value that held everywhere in its part is repeated. */
export function joinValues(
  parts: readonly NonTensor[],
  nodes: readonly DictNode[],
  batchSize: readonly number[],
  from: (index: readonly number[]) => Origin,
): NonTensor {
  const rests = parts.map(({ shape }, i) => shape?.slice(nodes[i]?.batchSize.length) ?? []);
  const [rest = []] = rests;
  const isEven = rests.every((other) => sameSizes(other, rest));
  const items = mapIndices(batchSize, (index): readonly unknown[] => {
    const [part, at] = from(index);
    const block = blockAt(parts[part], nodes[part]?.batchSize ?? [], at);
    return isEven ? block : [nest(rests[part] ?? [], block)];
  });
  return valuesLeaf(isEven ? [...batchSize, ...rest] : batchSize, items.flat());
}

/** The values at one element of the batch: one, or as many as there are along further dims. */
function blockAt(
  leaf: NonTensor | undefined,
  batchSize: readonly number[],
  index: readonly number[],
): readonly unknown[] {
  if (leaf === undefined || leaf.shape === null) return leaf?.items ?? [];
  const size = elementCount(leaf.shape.slice(batchSize.length));
  const start = positionOf(batchSize, index) * size;
  return leaf.items.slice(start, start + size);
}
