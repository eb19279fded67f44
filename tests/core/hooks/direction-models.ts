import {
  type Hookable,
  hookFunction,
  HookPoint,
  isKwargs,
  kwargs,
  mapTensors,
  Module,
  site,
} from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { mul, scalar, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { input, layers, model, type Shape, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { VALUE_KINDS, type ValueKind } from "./directions.ts";

/** A kind of model with the site of the direction table, called `site`, and the identity before it, called `up`. */
export interface DirectionModel {
  readonly name: string;
  /** The kinds of values that its sites can have. */
  readonly values: readonly ValueKind[];
  readonly tensorOf: (n: number) => Tensor;
  readonly create: (kind: ValueKind) => Hookable;
  /** What it is called with, so that the site gets `by: 3`. */
  readonly args: (value: unknown) => readonly unknown[];
  /** How often the site runs in one call; the last run is the one that counts. */
  readonly runs: (kind: ValueKind) => number;
}

class Scale extends Module {
  override forward(...args: readonly unknown[]): unknown {
    const keyword = args.at(-1);
    const by = isKwargs(keyword) ? (keyword["by"] as number) : 1;
    const inputs = args.slice(0, -1);
    return mapTensors(inputs.length === 1 ? inputs[0] : inputs, (tensor) => mul(tensor, by));
  }
}

class Scaled extends Module {
  readonly up: HookPoint = new HookPoint();
  readonly site: Scale = new Scale();
  override forward(value: unknown): unknown {
    const x = this.up.call(value);
    return Array.isArray(x) ? this.site.call(...x, kwargs({ by: 3 })) : this.site.call(x, kwargs({ by: 3 }));
  }
}

const ownModule: DirectionModel = {
  name: "an own module",
  values: VALUE_KINDS,
  tensorOf: (n) => scalar(n),
  create: () => new Scaled(),
  args: (value) => [value],
  runs: () => 1,
};

function scale(...args: readonly unknown[]): unknown {
  return new Scale().forward(...args);
}

const functionModel: DirectionModel = {
  ...ownModule,
  name: "a function",
  create: () => {
    const inner = hookFunction(scale, { name: "site" });
    const outer = (value: unknown): unknown => {
      const x = site("up", value);
      return Array.isArray(x) ? inner.call(...x, kwargs({ by: 3 })) : inner.call(x, kwargs({ by: 3 }));
    };
    return hookFunction(outer, { sites: { up: null, site: inner } });
  },
};

class UpLayer extends layers.Layer {
  override computeOutputShape(shape: Shape): Shape {
    return shape;
  }
  override call(inputs: Tensor | Tensor[]): Tensor | Tensor[] {
    return inputs;
  }
  override getClassName(): string {
    return "Up";
  }
}

class ScaleLayer extends UpLayer {
  override call(inputs: Tensor | Tensor[], keywords: { readonly by?: number } = {}): Tensor | Tensor[] {
    const scaled = (tensor: Tensor): Tensor => mul(tensor, keywords.by ?? 1);
    return Array.isArray(inputs) ? inputs.map(scaled) : scaled(inputs);
  }
}

const layersModel: DirectionModel = {
  name: "a model of layers",
  values: ["tensor", "tuple"],
  tensorOf: (n) => tensor2d([[n]]),
  create: (kind) => {
    const inputs = kind === "tensor" ? input({ shape: [1] }) : [input({ shape: [1] }), input({ shape: [1] })];
    const up = new UpLayer({ name: "up" }).apply(inputs) as SymbolicTensor; // or a list of them
    const outputs = new ScaleLayer({ name: "site" }).apply(up) as SymbolicTensor;
    return hookLayers(model({ inputs, outputs })) as Hookable; // called with one value and keyword inputs
  },
  args: (value) => [value, { by: 3 }],
  runs: (kind) => (kind === "tuple" ? 2 : 1), // TensorFlow.js runs a layer once for each of its outputs
};

export const DIRECTION_MODELS: readonly DirectionModel[] = [ownModule, functionModel, layersModel];
