import { findBackendFactory, registerBackend, removeBackend } from "@tensorflow/tfjs-core";
import { findGpu } from "#platform";
import { registerBatchProducts } from "../batch-products.ts";
import type { BackendError } from "../error.ts";
import { refuseSoftware, requestDevice } from "./adapter.ts";
import { startWebGpu, type WebGpuBackend } from "./backend.ts";
import { adapterMissing } from "./errors.ts";
import type { GpuDevice } from "./types.ts";

/** How {@link loadWebGpu} chooses. */
export interface WebGpuOptions {
  /** Whether a driver that computes on the processor will do. */
  readonly forced: boolean;
  readonly onDeviceLost?: ((error: BackendError) => void) | undefined;
}

type Factory = new (device: GpuDevice, info: unknown) => WebGpuBackend;

let active: WebGpuBackend | undefined;

/**
 * Registers the backend `webgpu` on a device of its own with the largest buffers there are.
 *
 * @throws BackendError `WEBGPU_PACKAGE_MISSING`, `WEBGPU_ADAPTER_MISSING`, `WEBGPU_SOFTWARE`.
 */
export async function loadWebGpu({ forced, onDeviceLost }: WebGpuOptions): Promise<void> {
  if (active !== undefined) return;
  const source = await findGpu(forced);
  const adapter = await source.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw adapterMissing();
  if (!forced) refuseSoftware(adapter);
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  registerBatchProducts("webgpu");
  const device = await requestDevice(adapter);
  const own = findBackendFactory("webgpu") as unknown; // typed as a function also where there is none
  if (typeof own === "function") removeBackend("webgpu"); // in a browser the package registers its own
  registerBackend(
    "webgpu",
    () => {
      const parts = { source, adapter, device, onDeviceLost };
      const backend = startWebGpu(WebGPUBackend as unknown as Factory, parts); // typed with the browser's own names
      const dispose = backend.dispose.bind(backend);
      backend.dispose = () => {
        active = undefined;
        dispose();
      };
      return (active = backend);
    },
    3,
  );
}
