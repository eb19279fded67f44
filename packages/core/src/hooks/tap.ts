import {
  type Attribute,
  engine,
  getBackend,
  getKernel,
  type NamedTensorInfoMap,
  registerGradient,
  registerKernel,
  type Tensor,
  type TensorInfo,
  zeros,
} from "@tensorflow/tfjs-core";
import { engineInternals, releaseTape, releaseTapeLater, share } from "@hookdict/tensordict/tensors";

/**
 * The identity that taps gradients: n tensors and, optionally, an anchor in; the same n tensors out. Its gradient
 * hands the n incoming gradients to a function at once, and passes on what that returns. A custom gradient of
 * TensorFlow.js has one output only; a kernel may have several, so that a site's tuple is tapped as one.
 */
const KERNEL = "HookdictTap";

/** Receives the gradients of the tapped tensors, returns those that flow on upstream. */
export type GradientTap = (gradients: readonly Tensor[]) => readonly Tensor[];

interface CountingBackend {
  incRef(id: object): void;
}

function ensureKernel(): void {
  const backendName = getBackend();
  if (getKernel(KERNEL, backendName) !== undefined) return;
  registerKernel({
    kernelName: KERNEL,
    backendName,
    kernelFunc: ({ inputs, backend }) =>
      tappedInputs(inputs).map((input) => {
        (backend as unknown as CountingBackend).incRef(input.dataId); // `backend` is typed as {}
        return { dataId: input.dataId, shape: input.shape, dtype: input.dtype };
      }),
  });
}

function tappedInputs(inputs: NamedTensorInfoMap): TensorInfo[] {
  return Object.entries(inputs).flatMap(([name, input]) =>
    name === "anchor" || input === undefined ? [] : [input],
  );
}

let hasGradient = false;
function ensureGradient(): void {
  if (hasGradient) return;
  hasGradient = true;
  registerGradient({
    kernelName: KERNEL,
    gradFunc: (incoming, _saved, attrs) => {
      const tap = attrs["tap"] as unknown as GradientTap; // put there by tapGradients below
      const anchorShape = attrs["anchorShape"] as number[]; // likewise
      const gradients = released(() => tap(Array.isArray(incoming) ? incoming : [incoming]));
      // Recorded while another gradient is: that of a gradient runs through here.
      const named = gradients.map((gradient, i) => [String(i), () => share(gradient)] as const);
      return Object.fromEntries([...named, ["anchor", () => zeros(anchorShape)] as const]);
    },
  });
}

/**
 * What a tap returns. Its hooks may take gradients of their own, after which TensorFlow.js forgets the tape of the one
 * under way. If it throws, the gradient may be one that somebody else takes.
 */
function released<T>(tap: () => T): T {
  const { state } = engineInternals();
  const tape = state.activeTape;
  const restore = (): void => {
    if (state.activeTape === tape) return;
    releaseTape(); // what a gradient that has failed leaves
    state.activeTape = tape ?? null;
  };
  try {
    const gradients = tap();
    restore();
    return gradients;
  } catch (error) {
    restore();
    releaseTapeLater();
    throw error;
  }
}

/**
 * The tensors again, tapped: when a gradient flows back through them, `tap` sees and may replace it.
 *
 * With an `anchor` the gradient is taken with respect to the anchor, and reaches the tap whatever the tensors were
 * computed from.
 *
 * **Ownership:** borrows; returns owned (by the active scope).
 */
export function tapGradients(
  tensors: readonly Tensor[],
  anchor: Tensor | undefined,
  tap: GradientTap,
): Tensor[] {
  ensureKernel();
  ensureGradient();
  const inputs: Record<string, Tensor> = Object.fromEntries(tensors.map((tensor, i) => [String(i), tensor]));
  if (anchor !== undefined) inputs["anchor"] = anchor;
  // Attributes are typed as numbers and strings; the engine passes them through untouched.
  const attrs = { tap: tap as unknown as Attribute, anchorShape: anchor?.shape ?? [] };
  // The declared result is one tensor; a kernel that returns several infos gives an array.
  return engine().runKernel(KERNEL, inputs, attrs) as unknown as Tensor[];
}
