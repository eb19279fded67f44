import { engine, type DataId, type DataType, type Tensor } from "@tensorflow/tfjs-core";
import { explainNoBackend } from "./no-backend.ts";

explainNoBackend();

/** What we use of the engine beyond its declared type; the same in every 2.x to 4.x release of tfjs-core. */
interface EngineInternals {
  track(tensor: Tensor): Tensor;
  readonly constructor: { readonly nextTensorId: number };
  makeTensorFromTensorInfo(info: { dataId: DataId; shape: number[]; dtype: DataType }): Tensor;
  readonly state: {
    readonly tensorInfo: { get(id: DataId): { readonly backend: RefCounting } | undefined };
    readonly gradientDepth: number;
    readonly kernelDepth: number;
    readonly activeScope: { readonly id: number; readonly track: readonly Tensor[] } | null;
    /** Absent before the first gradient, and `null` after a gradient. */
    activeTape?: Tape | null;
  };
}

/** What gradients are computed from: each operation with its outputs and with what it has saved for its gradient. */
export type Tape = readonly { readonly outputs: readonly Tensor[]; readonly saved?: readonly Tensor[] }[];

interface RefCounting {
  readSync(id: DataId): unknown;
  incRef(id: DataId): void;
}

/** The engine with the internals named above. */
export function engineInternals(): EngineInternals {
  return engine() as unknown as EngineInternals; // declared private or narrower than it is
}

/** Whether operations are being recorded for a gradient, ours or the user's own. */
export function isTaping(): boolean {
  const { state } = engineInternals();
  return state.gradientDepth > 0 && state.kernelDepth === 0;
}

/** The scope that frees what is made now. */
export function activeScope(): number | undefined {
  return engineInternals().state.activeScope?.id;
}
