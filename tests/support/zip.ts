import { deflateRawSync } from "node:zlib";

/** An archive with the given files, deflated; checksums are left out. `mode` is that of the first file. */
export function zip(files: Readonly<Record<string, string>>, mode = 0): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const sizes = [data.length, Buffer.byteLength(text)];
    const local = record("PK\x03\x04", 30, { 8: 8, 26: name.length }, { 18: sizes[0], 22: sizes[1] });
    directory.push(
      record(
        "PK\x01\x02",
        46,
        { 10: 8, 28: name.length },
        { 20: sizes[0], 24: sizes[1], 38: at === 0 ? mode * 0x10000 : 0, 42: at },
      ),
      Buffer.from(name),
    );
    parts.push(local, Buffer.from(name), data);
    at += local.length + name.length + data.length;
  }
  const size = Buffer.concat(directory).length;
  const end = record("PK\x05\x06", 22, { 10: Object.keys(files).length }, { 12: size, 16: at });
  return Buffer.concat([...parts, ...directory, end]);
}

type Fields = Readonly<Record<number, number | undefined>>;

function record(signature: string, length: number, shorts: Fields, longs: Fields): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(signature, "latin1");
  for (const [at, value] of Object.entries(shorts)) bytes.writeUInt16LE(value ?? 0, Number(at));
  for (const [at, value] of Object.entries(longs)) bytes.writeUInt32LE(value ?? 0, Number(at));
  return bytes;
}
