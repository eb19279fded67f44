import { engineInternals, type Tape } from "./engine.ts";

/** After an exception, TensorFlow.js keeps the tensors that gradients had saved; nothing else frees them. */
export function releaseTape(): void {
  const { state } = engineInternals();
  if (state.gradientDepth > 0 || !state.activeTape) return;
  free(state.activeTape);
  state.activeTape = null;
}

/**
 * {@link releaseTape} for an exception on its way through a gradient that somebody else takes: once that is done, since
 * whoever catches it inside still needs the tape. Gradients do not wait, so a microtask comes late enough.
 */
export function releaseTapeLater(): void {
  const { state } = engineInternals();
  if (state.activeTape) void releaseAfterwards(state.activeTape);
}

async function releaseAfterwards(tape: Tape): Promise<void> {
  await Promise.resolve();
  free(tape); // what a gradient that has succeeded has freed itself is disposed already
  const { state } = engineInternals();
  if (state.activeTape === tape) state.activeTape = null;
}

function free(tape: Tape): void {
  for (const node of tape) for (const tensor of node.saved ?? []) tensor.dispose();
}
