import { env, type TensorInfo } from "@tensorflow/tfjs-core";
import { openPool } from "#platform";
import type { WasmBackend } from "./backend.ts";
import { PRODUCT_CODE } from "./product-code.ts";
import type { Pool } from "./threads.ts";
import { type WasmMemory, type WasmModule, webAssembly } from "./web-assembly.ts";

/** One side of products: matrices of `rows × columns` as they are multiplied, stored one after the other. */
export interface Factor {
  readonly tensor: TensorInfo;
  readonly outer: readonly number[];
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly isTransposed: boolean;
}

/** What assembly/product.ts exports. */
interface Code {
  scratchBytes(): number;
  tile(job: number, index: number, scratch: number): void;
}

// As in assembly/product.ts and assembly/job.ts.
const TILE_ROWS = 128;
const JOB_BYTES = 14 * 4;

/** Columns of a tile, at most: so that the rows, which are copied for every tile, are worth it. */
const MAX_TILE_COLUMNS = 256;
/** And at least, where threads share the work. */
const MIN_TILE_COLUMNS = 64;
/** Tiles for each thread: the others go on where one of them is held up. */
const TILES_PER_THREAD = 4;
/** From so many multiplications on (about a tenth of a millisecond), waking other threads is worth it. */
const MIN_SHARED = 1 << 20;

const multipliers = new WeakMap<WasmBackend, Multiplier>();

/**
 * Gives the backend a multiplier, unless its memory is out of reach or the processor lacks SIMD.
 *
 * @param threads To share in large products, where the memory can be shared.
 * @param kernelThreads Those of the backend's own kernels.
 */
export function openMultiplier(backend: WasmBackend, threads: number, kernelThreads: number): void {
  const { asm, wasmMemory } = backend.wasm;
  const memory = wasmMemory ?? asm.memory;
  if (memory === undefined || !env().getBool("WASM_HAS_SIMD_SUPPORT")) return;
  const multiplier = new Multiplier(backend, memory, threads, kernelThreads);
  multipliers.set(backend, multiplier);
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    multiplier.close();
    dispose();
  };
}

/** The multiplier that the backend was given. */
export function multiplierOf(backend: WasmBackend): Multiplier | undefined {
  return multipliers.get(backend);
}

/** Multiplies matrices of float32 in the backend's memory. */
class Multiplier {
  readonly #backend: WasmBackend;
  readonly #memory: WasmMemory;
  /** Those that share in large products. */
  readonly threads: number;
  /** Those of the backend's own kernels. */
  readonly kernelThreads: number;
  readonly #module: WasmModule;
  readonly #code: Code;
  readonly #scratches: readonly number[];
  readonly #job: number;
  #pool: Pool | undefined;

  constructor(backend: WasmBackend, memory: WasmMemory, threads: number, kernelThreads: number) {
    const isShared = !(memory.buffer instanceof ArrayBuffer);
    this.#backend = backend;
    this.#memory = memory;
    this.threads = isShared ? threads : 1;
    this.kernelThreads = kernelThreads;
    const text = atob(isShared ? PRODUCT_CODE.sharedMemory : PRODUCT_CODE.ownMemory);
    this.#module = new webAssembly.Module(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    this.#code = new webAssembly.Instance(this.#module, { env: { memory } }).exports as Code; // as PRODUCT_CODE says
    const bytes = this.#code.scratchBytes();
    this.#scratches = Array.from({ length: this.threads }, () => backend.wasm._malloc(bytes) >>> 0);
    this.#job = backend.wasm._malloc(JOB_BYTES) >>> 0;
  }

  /** The products of matrices at the same place; a single one is for all of the other factor's. With `bias` in each row. */
  multiply(left: Factor, right: Factor, bias?: TensorInfo): TensorInfo {
    const isLeft =
      left.count > right.count || (left.count === right.count && left.outer.length >= right.outer.length);
    const outer = isLeft ? left.outer : right.outer;
    const count = Math.max(left.count, right.count);
    const [rows, columns, inner] = [left.rows, right.columns, left.columns];
    const out = this.#backend.makeOutput([...outer, rows, columns], "float32");
    const tilesDown = Math.ceil(rows / TILE_ROWS) * count;
    const tileColumns = this.#tileColumns(rows, columns, tilesDown);
    const biasAddress = bias === undefined ? 0 : this.#address(bias);
    // In the order of assembly/job.ts.
    const job = [rows, columns, inner, tileColumns, ...this.#place(left), ...this.#place(right)];
    job.push(this.#address(out), biasAddress);
    new Int32Array(this.#memory.buffer, this.#job, job.length).set(job);
    this.#run(tilesDown * Math.ceil(columns / tileColumns), rows * columns * inner * count);
    return out;
  }

  /** Ends its threads. */
  close(): void {
    this.#pool?.close();
    this.#pool = undefined;
  }

  #run(tiles: number, multiplications: number): void {
    const [own = 0, ...others] = this.#scratches;
    const tile = (index: number): void => this.#code.tile(this.#job, index, own);
    if (others.length > 0 && tiles > 1 && multiplications >= MIN_SHARED) {
      this.#pool ??= openPool({ module: this.#module, memory: this.#memory, scratches: others });
      this.#pool.run(this.#job, tiles, tile);
    } else for (let index = 0; index < tiles; index++) tile(index);
  }

  #tileColumns(rows: number, columns: number, tilesDown: number): number {
    const across = Math.ceil((this.threads * TILES_PER_THREAD) / tilesDown);
    const even = Math.ceil(columns / across / 8) * 8;
    if (rows === 1) return Math.max(even, MIN_TILE_COLUMNS); // nothing is copied, and long lines are read faster
    return this.threads === 1
      ? MAX_TILE_COLUMNS
      : Math.min(Math.max(even, MIN_TILE_COLUMNS), MAX_TILE_COLUMNS);
  }

  #address({ dataId }: TensorInfo): number {
    return this.#backend.dataIdMap.get(dataId).memoryOffset;
  }

  /** Address, and bytes from one matrix to the next, from row to row, and from column to column. */
  #place({ tensor, rows, columns, count, isTransposed }: Factor): number[] {
    const batch = count === 1 ? 0 : rows * columns * 4;
    return [this.#address(tensor), batch, ...(isTransposed ? [4, rows * 4] : [columns * 4, 4])];
  }
}
