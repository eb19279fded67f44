import { type GraphModel, loadGraphModelSync } from "@tensorflow/tfjs-converter";
import { io } from "@tensorflow/tfjs-core";

/** A model that was loaded from memory. */
export type MemoryModel = GraphModel<io.IOHandlerSync>;

/** A node of a GraphDef: its operation, where its inputs come from, its attributes. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** A function of a GraphDef, such as a branch: names of inputs, nodes, and where its outputs come from. */
export interface FunctionDef {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly nodes: readonly NodeDef[];
  readonly outputs: readonly string[];
}

/** Constants by name: numbers, in nested arrays or alone. */
export type Constants = Readonly<Record<string, Constant>>;
interface Constant {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype?: "float32" | "int32" | "bool";
}

const TYPES = { float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" } as const;

/** A float constant; a single number has no axes, a list has one unless a shape is given. */
export function floats(values: number | readonly number[], shape?: readonly number[]): Constant {
  return typeof values === "number"
    ? { values: [values], shape: [] }
    : { values, shape: shape ?? [values.length] };
}

export function ints(values: number | readonly number[], shape?: readonly number[]): Constant {
  return { ...floats(values, shape), dtype: "int32" };
}

/** An input of the graph. */
export function placeholder(
  name: string,
  shape: readonly number[],
  dtype: keyof typeof TYPES = "float32",
): NodeDef {
  const dim = shape.map((size) => ({ size: String(size) }));
  return { name, op: "Placeholder", attr: { dtype: { type: TYPES[dtype] }, shape: { shape: { dim } } } };
}

/** What a graph is built from. */
export interface GraphParts {
  readonly nodes: readonly NodeDef[];
  readonly constants?: Constants;
  readonly functions?: readonly FunctionDef[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly signature?: object;
}

/** A graph model in memory, whose outputs are the nodes that nobody reads, unless the signature names them. */
export function graph({
  nodes,
  constants = {},
  functions = [],
  metadata,
  signature,
}: GraphParts): MemoryModel {
  const entries = Object.entries(constants);
  const constNodes = entries.map(([name, { dtype = "float32" }]) => ({
    name,
    op: "Const",
    attr: { dtype: { type: TYPES[dtype] } },
  }));
  const bytes = Buffer.concat(
    entries.map(([, { values, dtype = "float32" }]) => {
      if (dtype === "bool") return Uint8Array.from(values);
      const typed = dtype === "float32" ? Float32Array.from(values) : Int32Array.from(values);
      return new Uint8Array(typed.buffer);
    }),
  );
  const artifacts = {
    modelTopology: {
      node: [...constNodes, ...nodes.map((node) => ({ ...node, attr: { ...node.attr } }))],
      library: { function: functions.map(functionDef) },
      versions: { producer: 1, minConsumer: 0 },
    },
    weightSpecs: entries.map(([name, { shape, dtype = "float32" }]) => ({ name, shape: [...shape], dtype })),
    weightData: new Uint8Array(bytes).buffer,
    ...(metadata === undefined ? {} : { userDefinedMetadata: { ...metadata } }),
    ...(signature === undefined ? {} : { signature }),
  };
  return loadGraphModelSync(io.fromMemorySync(artifacts));
}

function functionDef({ name, inputs, nodes, outputs }: FunctionDef): object {
  const outputArg = outputs.map((_, i) => ({ name: `out${i}`, type: "DT_FLOAT" }));
  return {
    signature: { name, inputArg: inputs.map((input) => ({ name: input, type: "DT_FLOAT" })), outputArg },
    nodeDef: nodes.map((node) => ({ ...node, attr: { ...node.attr } })),
    ret: Object.fromEntries(outputs.map((output, i) => [`out${i}`, output])),
  };
}

/** x `[2]` → `block/twice` = 2x → `block/shifted` = 2x + 1 → `out` = (2x + 1) · 2x. */
export function chain(): MemoryModel {
  return graph({
    nodes: [
      placeholder("x", [2]),
      { name: "block/twice", op: "Mul", input: ["x", "two"] },
      { name: "block/shifted", op: "AddV2", input: ["block/twice", "one"] },
      { name: "out", op: "Mul", input: ["block/shifted", "block/twice"] },
    ],
    constants: { two: floats(2), one: floats(1) },
  });
}

/** x `[3]` → `parts`: its three elements, of which the last two are multiplied → `out`. */
export function split(): MemoryModel {
  return graph({
    nodes: [
      placeholder("x", [3]),
      { name: "parts", op: "Split", input: ["axis", "x"], attr: { num_split: { i: "3" } } },
      { name: "out", op: "Mul", input: ["parts:1", "parts:2"] },
    ],
    constants: { axis: ints(0) },
  });
}

/** x `[]` → `choice`: 2x if x > 0, else x - 1 → `out`: one more. */
export function branches(): MemoryModel {
  return graph({
    nodes: [
      placeholder("x", []),
      { name: "isPositive", op: "Greater", input: ["x", "zero"] },
      {
        name: "choice",
        op: "StatelessIf",
        input: ["isPositive", "x", "two", "one"],
        attr: { then_branch: { func: { name: "doubled" } }, else_branch: { func: { name: "lowered" } } },
      },
      { name: "out", op: "AddV2", input: ["choice", "one"] },
    ],
    constants: { zero: floats(0), one: floats(1), two: floats(2) },
    functions: [
      {
        name: "doubled",
        inputs: ["v", "a", "b"],
        nodes: [{ name: "twice", op: "Mul", input: ["v", "a"] }],
        outputs: ["twice:z:0"],
      },
      {
        name: "lowered",
        inputs: ["v", "a", "b"],
        nodes: [{ name: "less", op: "Sub", input: ["v", "b"] }],
        outputs: ["less:z:0"],
      },
    ],
  });
}

/** x `[]` → `loop`: doubled until it is no longer below 100 → `out`: one more. */
export function loop(): MemoryModel {
  return graph({
    nodes: [
      placeholder("x", []),
      {
        name: "loop",
        op: "StatelessWhile",
        input: ["x", "two", "hundred"],
        attr: { cond: { func: { name: "isSmall" } }, body: { func: { name: "grow" } } },
      },
      { name: "out", op: "AddV2", input: ["loop", "one"] },
    ],
    constants: { one: floats(1), two: floats(2), hundred: floats(100) },
    functions: [
      {
        name: "isSmall",
        inputs: ["v", "a", "b"],
        nodes: [{ name: "below", op: "Less", input: ["v", "b"] }],
        outputs: ["below:z:0"],
      },
      {
        name: "grow",
        inputs: ["v", "a", "b"],
        nodes: [{ name: "twice", op: "Mul", input: ["v", "a"] }],
        outputs: ["twice:z:0", "a", "b"],
      },
    ],
  });
}
