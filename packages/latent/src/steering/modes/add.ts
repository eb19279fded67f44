import { add, mul } from "@tensorflow/tfjs-core";
import type { SteeringMode } from "./mode.ts";

/** `x + factor v`. Turner et al., arXiv 2308.10248. */
export const addMode: SteeringMode = {
  name: "add",
  vectors: 1,
  steer: ({ value, vectors: [vector], factor }) =>
    vector === undefined ? value : add(value, mul(vector, factor)),
};
