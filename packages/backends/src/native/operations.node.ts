import type { TensorInfo } from "@tensorflow/tfjs-core";

/** What tfjs-node's addon gives of an operation's output. */
interface Output {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** An attribute of an operation, of a type that the addon has a number for. */
interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** tfjs-node's addon. */
export interface Binding {
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_FLOAT: number;
  executeOp(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    outputs: number,
  ): Output[];
  deleteTensor(id: number): void;
  isUsingGpuDevice(): boolean;
}

/** The part of tfjs-node's backend that runs operations of TensorFlow by their names. */
export interface NativeBackend {
  readonly binding: Binding;
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(output: Output): TensorInfo;
}

/** Values of attributes; of numbers, those of `floats` are written as such. */
export interface Attributes {
  readonly types?: readonly string[];
  readonly flags?: Readonly<Record<string, boolean>>;
  readonly integers?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
}

/** Of `MatMul` on float32, neither factor transposed. */
export const PLAIN_PRODUCT: Attributes = { types: ["T"], flags: { transpose_a: false, transpose_b: false } };

/**
 * Operations of TensorFlow on tensors by their numbers, without a tensor of TensorFlow.js for each step on the way.
 *
 * Steps are freed when it is disposed; what {@link Operations.give} was called for stays.
 */
export class Operations implements Disposable {
  readonly #backend: NativeBackend;
  readonly #steps: number[] = [];

  constructor(backend: unknown) {
    this.#backend = backend as NativeBackend; // these kernels are registered for it alone
  }

  /** The numbers of tensors that a kernel was given. */
  inputs(...tensors: readonly TensorInfo[]): number[] {
    return this.#backend.getInputTensorIds(tensors);
  }

  /** The number of the operation's only output, freed with the other steps. */
  step(name: string, inputs: readonly number[], attributes: Attributes = {}): number {
    const [output] = this.#run(name, inputs, attributes, 1);
    const { id } = output as Output; // one was asked for
    this.#steps.push(id);
    return id;
  }

  /** The operation's only output as a tensor, for the kernel to return. */
  give(name: string, inputs: readonly number[], attributes: Attributes = {}): TensorInfo {
    const [output] = this.#run(name, inputs, attributes, 1);
    return this.#backend.createOutputTensor(output as Output); // one was asked for
  }

  /** The operation's outputs as tensors, for the kernel to return. */
  giveAll(name: string, inputs: readonly number[], attributes: Attributes, outputs: number): TensorInfo[] {
    return this.#run(name, inputs, attributes, outputs).map((each) => this.#backend.createOutputTensor(each));
  }

  [Symbol.dispose](): void {
    for (const id of this.#steps) this.#backend.binding.deleteTensor(id);
  }

  #run(name: string, inputs: readonly number[], attributes: Attributes, outputs: number): Output[] {
    const { binding } = this.#backend;
    return binding.executeOp(name, listAttributes(attributes, binding), inputs, outputs);
  }
}

// Runs hundreds of times in a forward pass.
function listAttributes({ types, flags, integers, floats }: Attributes, binding: Binding): Attribute[] {
  const list: Attribute[] = [];
  if (types !== undefined)
    for (const name of types) list.push({ name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT });
  if (flags !== undefined) addAll(list, flags, binding.TF_ATTR_BOOL);
  if (integers !== undefined) addAll(list, integers, binding.TF_ATTR_INT);
  if (floats !== undefined) addAll(list, floats, binding.TF_ATTR_FLOAT);
  return list;
}

function addAll(list: Attribute[], values: Readonly<Record<string, unknown>>, type: number): void {
  for (const name of Object.keys(values)) list.push({ name, type, value: values[name] });
}
