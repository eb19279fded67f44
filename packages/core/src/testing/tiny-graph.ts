import { checkArgument } from "@hookdict/tensordict";
import type { io } from "@tensorflow/tfjs-core";
import { memoryHandler, type NamedWeight } from "./tiny-artifacts.ts";
import { type TinyOptions, tinyWeights } from "./tiny-weights.ts";

/**
 * The tiny model as a `tf.GraphModel` with, among others, the nodes `embed`, `mix`, `mix_1` and `head`. It is given
 * the loader of tfjs-converter, so that nothing here needs that package.
 *
 * **Ownership:** returns owned: `model.dispose()` frees the weights.
 *
 * @example no-run
 * const model = await tinyGraph(tf.loadGraphModel);
 * using hooked = new ActivationCaching("mix*").prepare(hookGraph(model));
 */
export function tinyGraph<M>(
  load: (handler: io.IOHandler) => Promise<M>,
  options: TinyOptions = {},
): Promise<M> {
  checkArgument("tinyGraph", "load", load, "a function");
  const weights = tinyWeights(options).map((weight) => ({ ...weight, name: `weights/${weight.name}` }));
  const axis = { name: "axis", shape: [], values: Int32Array.of(0) };
  return load(memoryHandler("graph-model", topology(weights), [...weights, axis]));
}

const FLOAT = { type: "DT_FLOAT" };
const INT = { type: "DT_INT32" };

function topology(weights: readonly NamedWeight[]): Record<string, unknown> {
  const constants = weights.map(({ name, shape }) => constant(name, FLOAT, shape));
  return {
    node: [
      node("tokens", "Placeholder", [], { dtype: INT, shape: { shape: { dim: dims([-1, 3]) } } }),
      ...constants,
      constant("axis", INT, []),
      node("embed", "GatherV2", ["weights/table", "tokens", "axis"], {
        Tindices: INT,
        Tparams: FLOAT,
        Taxis: INT,
      }),
      ...dense("mix", "embed", "mix"),
      ...dense("mix_1", "mix", "mix"),
      ...dense("head", "mix_1", "head"),
    ],
    versions: { producer: 1 },
  };
}

function constant(name: string, dtype: { type: string }, shape: readonly number[]): Record<string, unknown> {
  return node(name, "Const", [], {
    dtype,
    value: { tensor: { dtype: dtype.type, tensorShape: { dim: dims(shape) } } },
  });
}

/** The nodes of one dense layer; the last is named like it. */
function dense(name: string, from: string, weight: "mix" | "head"): Record<string, unknown>[] {
  const product = node(`${name}/MatMul`, "BatchMatMulV2", [from, `weights/${weight}Kernel`], {
    T: FLOAT,
    adj_x: { b: false },
    adj_y: { b: false },
  });
  const inputs = [`${name}/MatMul`, `weights/${weight}Bias`];
  if (weight === "head") return [product, node(name, "AddV2", inputs, { T: FLOAT })];
  const biased = node(`${name}/BiasAdd`, "AddV2", inputs, { T: FLOAT });
  return [product, biased, node(name, "Tanh", [`${name}/BiasAdd`], { T: FLOAT })];
}

function node(
  name: string,
  op: string,
  input: readonly string[],
  attr: Record<string, unknown>,
): Record<string, unknown> {
  return { name, op, input, attr };
}

function dims(shape: readonly number[]): { size: string }[] {
  return shape.map((size) => ({ size: String(size) }));
}
