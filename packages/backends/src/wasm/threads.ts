import type { WasmMemory, WasmModule } from "./web-assembly.ts";

/** Threads of the wasm backend. */
export interface Threads {
  /** Of the backend's own kernels; `undefined` leaves it to the backend. */
  readonly kernels: number | undefined;
  /** Of our products. */
  readonly products: number;
  /** Whether the build for threads is wanted. */
  readonly isShared: boolean;
  /** Why there are not as many as there could be. */
  readonly refused?: string;
  /** Has the backend start with memory that threads share; what it returns is called when it has started or failed. */
  readonly share?: () => () => void;
}

/** Threads that compute tiles of a product together with the one that asks for it. */
export interface Pool {
  /**
   * Computes the tiles from 0 on, and returns when all are done.
   *
   * @param job Address of the product's description.
   * @param tile Computes one here.
   */
  run(job: number, tiles: number, tile: (index: number) => void): void;
  close(): void;
}

/** What the threads of a pool need. */
export interface PoolOptions {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Memory of each, besides the one that asks: its address. */
  readonly scratches: readonly number[];
}
