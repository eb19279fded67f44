import type { BackendValues, KernelBackend } from "@tensorflow/tfjs-core";
import type { BackendError } from "../error.ts";
import { deviceLost, syncRead } from "./errors.ts";
import { installGlobals, withNavigator } from "./globals.ts";
import type { GpuAdapter, GpuDevice, GpuSource } from "./types.ts";

/** The part of the package's backend that is used here. */
export interface WebGpuBackend extends KernelBackend {
  read(dataId: object): Promise<BackendValues>;
  readSync(dataId: object): BackendValues;
}

/** What a backend is started with. */
export interface WebGpuParts {
  readonly source: GpuSource;
  readonly adapter: GpuAdapter;
  readonly device: GpuDevice;
  readonly onDeviceLost: ((error: BackendError) => void) | undefined;
}

/**
 * A backend on the device. Its globals are there until it is disposed; when the device is lost, reads reject with
 * `WEBGPU_DEVICE_LOST` and `onDeviceLost` is called.
 */
export function startWebGpu(
  make: new (device: GpuDevice, info: unknown) => WebGpuBackend,
  { source, adapter, device, onDeviceLost }: WebGpuParts,
): WebGpuBackend {
  const removeGlobals = installGlobals(source.globals);
  const backend = withNavigator(source.gpu, () => new make(device, adapter.info));
  explainReads(backend);
  let disposed = false;
  watchLoss(backend, device, (error) => {
    if (!disposed) onDeviceLost?.(error);
  });
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    disposed = true;
    dispose();
    device.destroy();
    removeGlobals();
  };
  return backend;
}

function watchLoss(backend: WebGpuBackend, device: GpuDevice, report: (error: BackendError) => void): void {
  const lost = device.lost.then(({ message }) => {
    const error = deviceLost(message);
    report(error);
    return error;
  });
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    try {
      return await read(dataId);
    } catch (error) {
      // The read fails a moment before the reason arrives.
      const moment = new Promise<undefined>((resolve) => void setTimeout(resolve, 100, undefined));
      throw (await Promise.race([lost, moment])) ?? error;
    }
  };
}

/** Reading at once needs a canvas, which Node lacks. */
function explainReads(backend: WebGpuBackend): void {
  const readSync = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    try {
      return readSync(dataId);
    } catch (error) {
      throw error instanceof ReferenceError ? syncRead(error) : error;
    }
  };
}
