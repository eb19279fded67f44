import { setBackend } from "@tensorflow/tfjs-core";
import { describeNative, loadNative } from "#platform";
import type { Candidate } from "./candidate.ts";
import { registerCpuKernels } from "./cpu/register.ts";
import { registeredOnce } from "./registration.ts";
import { describeWasm } from "./wasm/describe.ts";
import { loadWasm } from "./wasm/load.ts";
import { describeWebGpu } from "./webgpu/describe.ts";
import { loadWebGpu } from "./webgpu/load.ts";

/** Every backend, in the order in which they are tried. */
export const CANDIDATES: readonly Candidate[] = [
  registeredOnce({
    name: "tfjs-node-gpu",
    tfName: "tensorflow",
    load: () => loadNative("@tensorflow/tfjs-node-gpu"),
    describe: () => describeNative("@tensorflow/tfjs-node-gpu"),
  }),
  registeredOnce({
    name: "tfjs-node",
    tfName: "tensorflow",
    load: () => loadNative("@tensorflow/tfjs-node"),
    describe: () => describeNative("@tensorflow/tfjs-node"),
  }),
  { name: "webgpu", tfName: "webgpu", load: loadWebGpu, describe: describeWebGpu },
  registeredOnce({
    name: "wasm",
    tfName: "wasm",
    load: loadWasm,
    describe: ({ threads = 1 }) => describeWasm(threads),
  }),
  registeredOnce({
    name: "cpu",
    tfName: "cpu",
    load: async () => {
      await import("@tensorflow/tfjs-backend-cpu");
      registerCpuKernels();
    },
    describe: () => "plain JavaScript: works everywhere, slowly",
  }),
];

/** Makes a loaded candidate the active backend; rejects with the reason when it does not start. */
export async function activate(candidate: Candidate): Promise<void> {
  if (!(await setBackend(candidate.tfName)))
    throw new Error(`TensorFlow.js could not start "${candidate.tfName}"`);
}
