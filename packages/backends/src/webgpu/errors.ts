import { BackendError } from "../error.ts";

export function webGpuPackageMissing(): BackendError {
  return new BackendError({
    code: "WEBGPU_PACKAGE_MISSING",
    what: "The package webgpu, which brings WebGPU to Node, is not installed.",
    hint: "Type: npm install webgpu",
  });
}

export function adapterMissing(): BackendError {
  return new BackendError({
    code: "WEBGPU_ADAPTER_MISSING",
    what: "WebGPU finds no adapter.",
    hint: "In Node, install the graphics card's driver (on Linux its Vulkan driver and libvulkan1); in a browser, take one that has WebGPU, and serve the page over https or from localhost. Otherwise use the wasm backend.",
  });
}

export function softwareOnly(adapter: string): BackendError {
  return new BackendError({
    code: "WEBGPU_SOFTWARE",
    what: `WebGPU's only adapter computes on the processor (${adapter}), slower than wasm.`,
    hint: "Ask for the backend webgpu to use it all the same.",
    fields: { adapter },
  });
}

export function deviceLost(reason: string): BackendError {
  return new BackendError({
    code: "WEBGPU_DEVICE_LOST",
    what: `The WebGPU device was lost, and with it every tensor on it: ${reason || "no reason given"}.`,
    hint: "Load the backend and the model again; where memory ran out, with smaller batches.",
    fields: { reason },
  });
}

export function syncRead(cause: unknown): BackendError {
  return new BackendError({
    code: "WEBGPU_SYNC_READ",
    what: "In Node, webgpu cannot give out values at once.",
    hint: "Use await tensor.data() or await tensor.array() instead of dataSync() and arraySync().",
    cause,
  });
}
