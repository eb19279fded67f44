import { fileForeign } from "./errors.ts";

/** What a file begins with that is not what its name says, and what to do about it. */
const KINDS: readonly (readonly [
  begins: (bytes: Uint8Array, text: string) => boolean,
  what: string,
  hint: string,
])[] = [
  [
    (bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b,
    "compressed with gzip",
    "Unpack it first, or let the server say Content-Encoding: gzip.",
  ],
  [
    (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4,
    "a zip archive (as PyTorch writes them)",
    "Give safetensors files.",
  ],
  [
    (_, text) => text.startsWith("version https://git-lfs"),
    "a pointer of Git LFS, not the file itself",
    "Run `git lfs pull` in the repository, or download the file itself.",
  ],
  [
    (_, text) => /^\s*(<!doctype html|<html|<head|<\?xml)/i.test(text),
    "a page of HTML",
    "Open its address in a browser: it is likely a page about the file, or one that asks to log in.",
  ],
];

/** How many bytes tell it. */
export const TELLING_BYTES = 64;

/** Throws if the beginning of a file shows that it is something else. @throws FormatError `FILE_FOREIGN`. */
export function refuseForeign(file: string, beginning: Uint8Array): void {
  const text = String.fromCharCode(...beginning.subarray(0, TELLING_BYTES));
  for (const [begins, what, hint] of KINDS) if (begins(beginning, text)) throw fileForeign(file, what, hint);
}
