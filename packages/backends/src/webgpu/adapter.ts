import { softwareOnly } from "./errors.ts";
import type { GpuAdapter, GpuDevice } from "./types.ts";

/** Limits that decide how large a weight may be and how much a kernel may do: the most that the adapter allows. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
];

/** A device with the largest buffers that the adapter allows. */
export async function requestDevice(adapter: GpuAdapter): Promise<GpuDevice> {
  const limits = LIMITS.flatMap((name) => {
    const most = adapter.limits[name];
    return most === undefined ? [] : [[name, most] as const];
  });
  return await adapter.requestDevice({
    requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
    requiredLimits: Object.fromEntries(limits),
  });
}

/** A driver that computes on the processor is slower than the wasm backend: taken only when it is asked for. */
export function refuseSoftware({ info }: GpuAdapter): void {
  const name = [info.vendor, info.architecture, info.description].join(" ").trim();
  if (info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software/i.test(name))
    throw softwareOnly(name);
}
