import { mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { along, unit } from "./geometry.ts";
import type { SteeringMode } from "./mode.ts";

/**
 * The reflection that exchanges two directions: what `x` has along one, it has along the other then, and all else stays, its length
 * too. A factor of 1 exchanges, one half makes both alike.
 */
export const swapMode: SteeringMode = {
  name: "swap",
  vectors: 2,
  steer({ value, vectors, factor }) {
    const [first, second] = vectors as readonly [Tensor, Tensor]; // two are asked for
    const between = unit(sub(unit(first), unit(second)));
    return sub(value, mul(mul(along(value, between), between), 2 * factor));
  },
};
