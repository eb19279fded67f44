import { type FunctionModel, hookFunction, site } from "@hookdict/core";
import { add, mul, square, type Tensor } from "@tensorflow/tfjs-core";

/** x → `squared` x² → `shifted` x² + 3 → 2 · that. Its sites are known once it has run. */
export function plain(): FunctionModel<[Tensor], Tensor> {
  return hookFunction((x: Tensor) => mul(site("shifted", add(site("squared", square(x)), 3)), 2), {
    name: "plain",
  });
}

/** The same, with its sites declared. */
export function declared(): FunctionModel<[Tensor], Tensor> {
  return hookFunction((x: Tensor) => mul(site("shifted", add(site("squared", square(x)), 3)), 2), {
    name: "declared",
    sites: { squared: ["batch"], shifted: null },
  });
}

/** x → `block` (`block.in` x, `block.out` 2x), twice. */
export function twice(): FunctionModel<[Tensor], Tensor> {
  const block = hookFunction((x: Tensor) => site("out", mul(site("in", x), 2)), { name: "block" });
  return hookFunction((x: Tensor) => block.call(block.call(x)), { name: "twice", sites: { block } });
}
