import { engineInternals } from "./reference.ts";

/** After an exception, TensorFlow.js keeps the tensors that gradients had saved; nothing else frees them. */
export function releaseTape(): void {
  const { state } = engineInternals();
  if (state.gradientDepth > 0 || state.activeTape === null) return;
  for (const node of state.activeTape) for (const tensor of node.saved ?? []) tensor.dispose();
  state.activeTape = null;
}
