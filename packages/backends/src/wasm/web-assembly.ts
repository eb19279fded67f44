/** A module's memory; its buffer is another one after it has grown. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}

/** Compiled code, which threads can share. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

/** The part of WebAssembly that is used here. Every engine that runs the backend has it; the compiler knows it with lib dom only. */
export const webAssembly: {
  readonly Module: new (code: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: unknown };
} = (globalThis as unknown as { WebAssembly: typeof webAssembly }).WebAssembly;
