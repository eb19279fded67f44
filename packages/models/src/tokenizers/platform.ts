interface Platform {
  readonly TextDecoder: new (
    label: string,
    options: { ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
  atob(base64: string): string;
}

// Node and browsers have these; the compiler's libraries (no dom, no node) do not say so.
const platform = globalThis as unknown as Platform;

/** A text of UTF-8 bytes, byte order marks included, with U+FFFD for what is no UTF-8. */
export function decodeLossily(bytes: ArrayLike<number>): string {
  return new platform.TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** @throws DOMException for what is no base64 */
export function decodeBase64(base64: string): Uint8Array {
  return Uint8Array.from(platform.atob(base64), (unit) => unit.charCodeAt(0));
}
