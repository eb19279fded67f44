import type { TinyModule } from "@hookdict/core/testing";
import {
  add,
  gather,
  greater,
  less,
  matMul,
  mul,
  scalar,
  sub,
  tanh,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { Interruption } from "./apply.ts";

/** What passes a site. */
export type Value = Tensor | readonly Tensor[];

/** Where a model written down plainly says what its sites are. */
export interface Sites {
  site<T extends Value>(name: string, x: Value, body: (x: Value) => T): T;
  /** What is computed between sites. */
  outside(x: Tensor, body: (x: Tensor) => Tensor): Tensor;
}

/** A model written down plainly. */
export interface Reference {
  readonly forward: (sites: Sites) => Tensor;
  /** What a hook that calls the model gets: the mean. */
  readonly nested: (sites: Sites) => number;
}

/** Whether the model itself throws, in the middle of a run. */
export interface Fragile {
  isBroken: boolean;
}

/** Where the tiny model has its sites: modules and layers; values inside of a function; nodes of a graph. */
export type TinySites = "module" | "layer" | "value" | "node";

/** The tiny model with the same sites as one of its four kinds. */
export function tinyReference(
  weights: TinyModule,
  tokens: Tensor,
  kind: TinySites,
  fragile: Fragile,
): Reference {
  const { table, mix, head } = weights;
  const breakable = <T>(value: T): T => {
    if (fragile.isBroken) throw new Interruption("MODEL");
    return value;
  };
  const embed = (x: Value): Tensor => gather(table, x as Tensor);
  const project = (x: Value): Tensor => matMul(x as Tensor, mix.kernel);
  const shift = (x: Value): Tensor => add(x as Tensor, mix.bias);
  const mixOf = (x: Value): Tensor => breakable(tanh(shift(project(x))));
  const headOf = (x: Value): Tensor => add(matMul(x as Tensor, head.kernel), head.bias);
  const same = (x: Value): Tensor => x as Tensor;
  const asNodes = (sites: Sites): Tensor => {
    let x: Tensor = sites.site("embed", breakable(tokens), embed);
    for (const name of ["mix", "mix_1"]) {
      x = sites.site(`${name}.MatMul`, x, project);
      x = sites.site(`${name}.BiasAdd`, x, shift);
      x = sites.site(name, x, (value) => tanh(value as Tensor));
    }
    x = sites.site("head.MatMul", x, (value) => matMul(value as Tensor, head.kernel));
    return sites.site("head", x, (value) => add(value as Tensor, head.bias));
  };
  const asValues = (sites: Sites): Tensor => {
    let x = sites.site("embed", gather(table, tokens), same);
    for (let i = 0; i < 2; i++) x = sites.site("mix", sites.outside(x, mixOf), same);
    return sites.site("head", sites.outside(x, headOf), same);
  };
  const asModules = (sites: Sites): Tensor => {
    let x =
      kind === "layer"
        ? sites.site("embed", tokens, embed)
        : sites.site("embed", gather(table, tokens), same);
    for (let i = 0; i < 2; i++) x = sites.site("mix", x, mixOf);
    return sites.site("head", x, headOf);
  };
  const forward = kind === "node" ? asNodes : kind === "value" ? asValues : asModules;
  return { forward, nested: (sites) => meanOf(forward(sites)) };
}

/** The graph of control.ts. */
export function controlReference(x: Tensor, fragile: Fragile): Reference {
  const one = (value: Value): Tensor => value as Tensor; // those that have one input
  const start = (sites: Sites): Tensor => sites.site("start", x, (value) => mul(one(value), 2));
  const forward = (sites: Sites): Tensor => {
    const started = start(sites);
    const isBig = sites.site("isBig", started, (value) => greater(one(value), 5));
    const joined = isTrue(isBig)
      ? sites.site("high", started, (value) => mul(one(value), 0.5))
      : sites.site("low", started, (value) => add(one(value), 1));
    const fragileOut = sites.site("fragile", joined, (value) => {
      if (fragile.isBroken) throw new Interruption("MODEL");
      return one(value);
    });
    const chosen = sites.site("choice", [isBig, fragileOut], (value) => {
      const [condition, given] = value as readonly [Tensor, Tensor];
      return isTrue(condition)
        ? sites.site("doubled.twice", [given, scalar(2)], times)
        : sites.site("lowered.less", [given, scalar(1)], minus);
    });
    const turned = sites.site("turns", chosen, (given) => {
      let y = one(given);
      let n = scalar(0);
      while (isTrue(sites.site("few.below", [n, scalar(3)], below))) {
        n = add(n, 1);
        y = sites.site("turn.grown", y, (value) => tanh(one(value)));
      }
      return [n, y, scalar(1), scalar(3)];
    });
    let y = turned[1] as Tensor;
    for (let n = 0; n < 2; n++) y = sites.site("frame", [y, scalar(1)], plus);
    return sites.site("out", y, (value) => mul(one(value), 2));
  };
  return { forward, nested: (sites) => meanOf(start(sites)) };
}

const times = binary(mul);
const minus = binary(sub);
const below = binary(less);
const plus = binary(add);

/** Inside of functions and frames, constants are inputs like others. */
function binary(op: (a: Tensor, b: Tensor) => Tensor): (value: Value) => Tensor {
  return (value) => {
    const [a, b] = value as readonly [Tensor, Tensor];
    return op(a, b);
  };
}

function isTrue(value: Tensor): boolean {
  return value.dataSync()[0] === 1;
}

function meanOf(value: Tensor): number {
  const values = value.dataSync();
  let sum = 0;
  for (const each of values) sum += each;
  return Math.fround(sum / values.length);
}
