// The part of Node's file system that `files.node.ts` uses. Declared here rather than taken from `@types/node`, whose
// globals (`process`, `Buffer`, ...) would then compile everywhere in a package that must also run in browsers.
declare module "node:fs/promises" {
  export interface FileHandle {
    read(
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ): Promise<{ readonly bytesRead: number }>;
    write(buffer: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
    stat(): Promise<{ readonly size: number; isFile(): boolean }>;
    sync(): Promise<void>;
    close(): Promise<void>;
  }
  export function open(path: string, flags: string | number): Promise<FileHandle>;
  export const constants: { readonly O_RDONLY: number; readonly O_NONBLOCK?: number };
  export function readFile(path: string, encoding: "utf8"): Promise<string>;
  export function realpath(path: string): Promise<string>;
  export function stat(path: string): Promise<{ readonly mtimeMs: number }>;
  export function rename(from: string, to: string): Promise<void>;
  export function rm(path: string, options: { force: boolean }): Promise<void>;
  export function readdir(path: string): Promise<string[]>;
  export function mkdir(path: string, options: { recursive: boolean }): Promise<string | undefined>;
}

declare module "node:path" {
  export function join(...parts: string[]): string;
  export function dirname(path: string): string;
  export function basename(path: string): string;
}

declare module "node:url" {
  export function fileURLToPath(url: string): string;
}

declare module "node:os" {
  export function hostname(): string;
}

declare module "node:process" {
  export const pid: number;
  export function kill(pid: number, signal: number): void;
}
