import { zlibSync } from "fflate";
import { toBase64 } from "../description/base64.ts";
import { parseHex } from "../ink/colour.ts";
import { type Layer, wholeOf } from "./layer.ts";

/** A layer as the address of a PNG. */
export function layerPng(layer: Layer): string {
  const size = [layer.rows, layer.cols] as const;
  const bytes = layer.bytes(wholeOf(layer));
  const png = layer.palette === undefined ? rgbPng(bytes, size) : indexedPng(bytes, size, layer.palette);
  return `data:image/png;base64,${toBase64(png)}`;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i += 1) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

/**
 * An indexed PNG: a byte a pixel, its colours in a palette of up to 256. The index 255 without a colour is transparent.
 */
function indexedPng(
  indices: Uint8Array,
  [height, width]: readonly [number, number],
  palette: readonly string[],
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  return joined([
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flatMap((hex) => [...parseHex(hex)]))),
    chunk("IDAT", scanlines(indices, height, width)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** A PNG of red, green and blue, a byte each. */
function rgbPng(rgb: Uint8Array, [height, width]: readonly [number, number]): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8);
  const data = scanlines(rgb, height, width * 3);
  return joined([chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array())]);
}

/** Each line after a byte that says "no filter", compressed. */
function scanlines(bytes: Uint8Array, height: number, stride: number): Uint8Array {
  const lines = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row += 1)
    lines.set(bytes.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  return zlibSync(lines, { level: 6 });
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const all = [signature, ...chunks];
  const bytes = new Uint8Array(all.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of all) {
    bytes.set(each, at);
    at += each.length;
  }
  return bytes;
}
