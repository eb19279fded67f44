import { type Hookable, hookFunction, HookPoint, isKwargs, kwargs, Module, site } from "@hookdict/core";
import { mapTensors } from "@hookdict/tensordict";
import { hookLayers } from "@hookdict/core/layers";
import { mul, scalar, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { input, layers, model, type Shape, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { SITE_ROWS, type SiteRow, type ValueKind } from "./directions.ts";

/** A model with the site of the direction table, called `site`, and an identity before it, called `up`. */
export interface DirectionModel {
  /** What kind of site it is. */
  readonly row: SiteRow;
  readonly tensorOf: (n: number) => Tensor;
  readonly create: (kind: ValueKind) => BuiltModel;
  /** What it is called with, so that the site multiplies by what its row says. */
  readonly args: (value: unknown) => readonly unknown[];
  /** How often the site runs in one call; the last run is the one that counts. */
  readonly runs: (kind: ValueKind) => number;
}

export interface BuiltModel {
  readonly hookable: Hookable;
  readonly dispose: () => void;
}

const unowned = (hookable: Hookable): BuiltModel => ({ hookable, dispose: () => undefined });

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
  row: SITE_ROWS.module,
  tensorOf: (n) => scalar(n),
  create: () => unowned(new Scaled()),
  args: (value) => [value],
  runs: () => 1,
};

class Points extends Module {
  readonly up: HookPoint = new HookPoint();
  readonly site: HookPoint = new HookPoint();
  override forward(value: unknown): unknown {
    return this.site.call(this.up.call(value));
  }
}

const point: DirectionModel = { ...ownModule, row: SITE_ROWS.point, create: () => unowned(new Points()) };

function scale(...args: readonly unknown[]): unknown {
  return new Scale().forward(...args);
}

const functionModel: DirectionModel = {
  ...ownModule,
  row: SITE_ROWS.function,
  create: () => {
    const inner = hookFunction(scale, { name: "site" });
    const outer = (value: unknown): unknown => {
      const x = site("up", value);
      return Array.isArray(x) ? inner.call(...x, kwargs({ by: 3 })) : inner.call(x, kwargs({ by: 3 }));
    };
    return unowned(hookFunction(outer, { sites: { up: null, site: inner } }));
  },
};

const namedValue: DirectionModel = {
  ...ownModule,
  row: SITE_ROWS.value,
  create: () => {
    const named = (value: unknown): unknown => site("site", site("up", value));
    return unowned(hookFunction(named, { sites: { up: null, site: null } }));
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
  row: SITE_ROWS.layer,
  tensorOf: (n) => tensor2d([[n]]),
  create: (kind) => {
    const inputs = kind === "tensor" ? input({ shape: [1] }) : [input({ shape: [1] }), input({ shape: [1] })];
    const up = new UpLayer({ name: "up" }).apply(inputs) as SymbolicTensor; // or a list of them
    const outputs = new ScaleLayer({ name: "site" }).apply(up) as SymbolicTensor;
    return unowned(hookLayers(model({ inputs, outputs })) as Hookable); // called with one value and keyword inputs
  },
  args: (value) => [value, { by: 3 }],
  runs: (kind) => (kind === "tuple" ? 2 : 1), // TensorFlow.js runs a layer once for each of its outputs
};

export const DIRECTION_MODELS: readonly DirectionModel[] = [
  ownModule,
  point,
  functionModel,
  namedValue,
  layersModel,
];
