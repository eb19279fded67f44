import type { KernelFunc } from "@tensorflow/tfjs-core";

/** What a kernel is called with. */
export type Call = Parameters<KernelFunc>[0];

/** Inputs as a kernel's callers in TypeScript give them. */
export const inputsOf = <T>(call: Call): T => call.inputs as unknown as T;

/** Attributes as a kernel's callers in TypeScript give them. */
export const attributesOf = <T>(call: Call): T => call.attrs as unknown as T;
