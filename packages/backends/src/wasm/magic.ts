/** Why bytes are no WebAssembly; `undefined` where they are. */
export function faultOf(bytes: Uint8Array): string | undefined {
  const [zero, a, s, m] = bytes;
  if (zero === 0 && a === 0x61 && s === 0x73 && m === 0x6d) return undefined;
  const start = String.fromCharCode(...bytes.subarray(0, 64)).trimStart();
  return start.startsWith("<") ? "a page of HTML is there instead" : "something else is there instead";
}
