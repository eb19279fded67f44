import { type FunctionModel, hookFunction, site } from "@hookdict/core";
import { TinyModule } from "@hookdict/core/testing";
import { add, gather, matMul, tanh, type Tensor } from "@tensorflow/tfjs-core";
import type { Fragile } from "./reference.ts";

/** The tiny module, whose `mix` throws when it is told to. */
export class FragileModule extends TinyModule {
  constructor(fragile: Fragile) {
    super();
    const { mix } = this;
    const forward = mix.forward.bind(mix);
    mix.forward = (x) => {
      if (fragile.isBroken) throw new RangeError("model");
      return forward(x);
    };
  }
}

/** The tiny model as a function, which throws between its sites when it is told to. **Ownership:** borrows the weights. */
export function fragileFunction(
  { table, mix, head }: TinyModule,
  fragile: Fragile,
): FunctionModel<readonly [tokens: Tensor], Tensor> {
  const mixOnce = (x: Tensor): Tensor => {
    if (fragile.isBroken) throw new RangeError("model");
    return site("mix", tanh(add(matMul(x, mix.kernel), mix.bias)));
  };
  const tiny = (tokens: Tensor): Tensor => {
    const mixed = mixOnce(mixOnce(site("embed", gather(table, tokens))));
    return site("head", add(matMul(mixed, head.kernel), head.bias));
  };
  return hookFunction<readonly [tokens: Tensor], Tensor>(tiny, {
    sites: { embed: ["batch", "pos", "unit"], mix: null, head: null },
  });
}
