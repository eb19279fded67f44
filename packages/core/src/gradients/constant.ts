import { type Gradient, none, savedTensor } from "./gradient.ts";

const INPUTS: Readonly<Record<string, readonly string[]>> = {
  Equal: ["a", "b"],
  NotEqual: ["a", "b"],
  Greater: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalOr: ["a", "b"],
  LogicalNot: ["x"],
  All: ["x"],
  Any: ["x"],
};

/**
 * Comparisons and what is computed from them: their results jump and are constant in between, so their gradient is
 * zero. Without one, TensorFlow.js refuses to differentiate what it selects by them, too.
 */
export const constantGradients: readonly Gradient[] = Object.entries(INPUTS).map(([kernelName, inputs]) => ({
  kernelName,
  inputsToSave: [...inputs],
  gradFunc: (_dy, saved) =>
    Object.fromEntries(inputs.map((name, i) => [name, none(savedTensor(saved, i))] as const)),
}));
