import { readFileSync } from "node:fs";

// Just enough of Mach-O (<mach-o/loader.h>, <mach-o/nlist.h>) to tell what a library will look for when it is loaded.

const MAGIC = 0xfeedfacf; // 64 bits, little-endian
const SYMBOL_TABLE = 0x2;
const LOAD_LIBRARY = 0xc;
const RUN_PATH = 0x8000001c;
const SYMBOL_SIZE = 16;
const EXTERNAL = 1; // and not defined
const NO_LIBRARY = [0xfe, 0]; // -undefined dynamic_lookup, as written by Apple's linker and by zig's
const CPUS: Readonly<Record<number, string>> = { 0x01000007: "x64", 0x0100000c: "arm64" };

/** A library for macOS. */
export interface MachO {
  readonly arch: string;
  /** Names of the libraries that it is linked with. */
  readonly libraries: readonly string[];
  /** Where those whose name begins with `@rpath` are looked for. */
  readonly runPaths: readonly string[];
  /** Symbols that no library was found for when it was linked, without their leading underscores. */
  readonly unresolved: readonly string[];
}

/** Reads a library for one processor; throws where the file is none. */
export function readMachO(file: string): MachO {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== MAGIC) throw new Error(`${file} is no Mach-O file of 64 bits`);
  const libraries: string[] = [];
  const runPaths: string[] = [];
  let unresolved: string[] = [];
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const command = bytes.readUInt32LE(at);
    if (command === LOAD_LIBRARY) libraries.push(text(bytes, at + bytes.readUInt32LE(at + 8)));
    if (command === RUN_PATH) runPaths.push(text(bytes, at + bytes.readUInt32LE(at + 8)));
    if (command === SYMBOL_TABLE) unresolved = listUnresolved(bytes, at);
    at += bytes.readUInt32LE(at + 4);
  }
  return { arch: CPUS[bytes.readUInt32LE(4)] ?? "another", libraries, runPaths, unresolved };
}

function listUnresolved(bytes: Buffer, command: number): string[] {
  const [symbols = 0, count = 0, names = 0] = [8, 12, 16].map((at) => bytes.readUInt32LE(command + at));
  return Array.from({ length: count }, (_, i) => symbols + i * SYMBOL_SIZE)
    .filter((at) => bytes.readUInt8(at + 4) === EXTERNAL && NO_LIBRARY.includes(bytes.readUInt8(at + 7)))
    .map((at) => text(bytes, names + bytes.readUInt32LE(at)).replace(/^_/, ""));
}

function text(bytes: Buffer, at: number): string {
  return bytes.toString("utf8", at, bytes.indexOf(0, at));
}
