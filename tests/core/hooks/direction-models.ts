import { type Hookable, HookPoint, isKwargs, kwargs, mapTensors, Module } from "@hookdict/core";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
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
  name: "own module",
  values: VALUE_KINDS,
  tensorOf: (n) => scalar(n),
  create: () => new Scaled(),
  args: (value) => [value],
};

export const DIRECTION_MODELS: readonly DirectionModel[] = [ownModule];
