import { typeName } from "@hookdict/tensordict";
import { stepInputs, stepInvalid } from "./errors.ts";
import { isKwargs } from "../hooks/inputs.ts";
import { isLayer, type LayerLike } from "../layers/layer-like.ts";
import { isModule } from "../modules/module-target.ts";
import { Module } from "../modules/module.ts";

/**
 * What a {@link TensorDictModule} runs: a function of the in keys' values, a module, or a `tf.LayersModel` or layer.
 */
export type StepFunction = (...inputs: readonly never[]) => unknown;
export type Step = StepFunction | Module | LayerLike;

/** A step as a module, so that it is a site. */
export function moduleOf(step: Step): Module {
  if (isModule(step)) return step;
  if (typeof step === "function") return new FunctionStep(step);
  if (isLayer(step)) return new LayersStep(step);
  throw stepInvalid(describe(step));
}

/** Name of a step for messages. */
export function nameOf(module: Module): string {
  return module instanceof FunctionStep || module instanceof LayersStep
    ? module.name
    : module.constructor.name;
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return `a ${typeName(value)}`;
}

class FunctionStep extends Module {
  readonly name: string;
  readonly #fn: StepFunction;

  constructor(fn: StepFunction) {
    super();
    this.name = fn.name === "" ? "function" : fn.name;
    this.#fn = fn;
  }

  override forward(...inputs: readonly never[]): unknown {
    return this.#fn(...inputs);
  }
}

/** A model of layers. Its layers are hooked through `hookLayers`, also while it is a step. */
class LayersStep extends Module {
  readonly name: string;
  readonly #layer: LayerLike;

  constructor(layer: LayerLike) {
    super();
    this.name = layer.name;
    this.#layer = layer;
  }

  override forward(...inputs: readonly unknown[]): unknown {
    const [first] = inputs;
    const given = isKwargs(first) ? this.#byName(first) : inputs;
    return this.#layer.apply((given.length === 1 ? given[0] : given) as never); // tensors, as apply takes them
  }

  /** A model's inputs in its order. */
  #byName(values: Readonly<Record<string, unknown>>): readonly unknown[] {
    const names = inputNames(this.#layer);
    const given = Object.keys(values);
    if (names.length !== given.length || !names.every((name) => name in values)) {
      throw stepInputs(this.name, given, names);
    }
    return names.map((name) => values[name]);
  }
}

/** Names of a model's input layers; a bare layer has none. */
function inputNames(layer: LayerLike): readonly string[] {
  const { inputs } = layer as { inputs?: unknown };
  if (!Array.isArray(inputs)) return [];
  return (inputs as readonly SymbolicInput[]).map(({ sourceLayer }) => sourceLayer.name); // of a LayersModel
}

/** The part of a `tf.SymbolicTensor` that is read. */
interface SymbolicInput {
  readonly sourceLayer: { readonly name: string };
}
