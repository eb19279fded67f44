import { bytesSource, openNpz } from "@hookdict/tensordict/io";
import { isHookdictError } from "@hookdict/tensordict";
import { asyncFailure } from "../../support/failure.ts";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { DEFLATED, OBJECTS, STORED } from "../fixtures/npz.ts";

const test = suite("openNpz");

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));

async function readAll(bytes: Uint8Array): Promise<Record<string, unknown>> {
  await using file = await openNpz(bytesSource("params.npz", bytes));
  const found: Record<string, unknown> = {};
  for (const name of file.names) {
    const { dtype, shape, data } = await file.read(name);
    found[name] = [dtype, shape, [...data]];
  }
  return found;
}

/** Bytes with others from `at` on. */
function changed(base64: string, at: number, ...values: readonly number[]): Uint8Array {
  const bytes = bytesOf(base64);
  bytes.set(values, at);
  return bytes;
}

/** Where the n-th record with such a signature begins. */
function recordAt(base64: string, signature: readonly number[], n = 0): number {
  const bytes = bytesOf(base64);
  let left = n;
  for (let at = 0; at < bytes.length; at++)
    if (signature.every((byte, i) => bytes[at + i] === byte) && left-- === 0) return at;
  throw new Error("there is none");
}

const CENTRAL = [0x50, 0x4b, 1, 2] as const;
const END = [0x50, 0x4b, 5, 6] as const;

for (const [name, base64] of [
  ["savez", STORED],
  ["savez_compressed", DEFLATED],
] as const)
  test(`arrays that numpy.${name} wrote are read`, async () => {
    assert.equal(await readAll(bytesOf(base64)), {
      w: ["float32", [2, 3], [0, 1, 2, 3, 4, 5]],
      f: ["float32", [2, 3, 4], Array.from({ length: 24 }, (_, i) => i)],
      h: ["float32", [2], [1.5, -2]],
      i: ["int32", [1], [3]],
      b: ["bool", [], [1]],
      o: ["float32", [0], []],
    });
  });

test("sizes of 64 bits are read where ZIP64 puts them", async () => {
  const bytes = bytesOf(STORED);
  const view = new DataView(bytes.buffer);
  const central = recordAt(STORED, CENTRAL, 5); // the last member: its record grows by an extra field
  const end = recordAt(STORED, END);
  const [size, offset] = [view.getUint32(central + 24, true), view.getUint32(central + 42, true)];
  const extra = new DataView(new ArrayBuffer(20));
  extra.setUint16(0, 1, true);
  extra.setUint16(2, 16, true);
  extra.setBigUint64(4, BigInt(size), true);
  extra.setBigUint64(12, BigInt(offset), true);
  view.setUint32(central + 24, 0xffffffff, true);
  view.setUint32(central + 42, 0xffffffff, true);
  view.setUint16(central + 30, 20, true);
  const start = recordAt(STORED, CENTRAL);
  const record = new DataView(new ArrayBuffer(56 + 20));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(32, 6n, true);
  record.setBigUint64(40, BigInt(end - start + 20), true);
  record.setBigUint64(48, BigInt(start), true);
  record.setUint32(56, 0x07064b50, true);
  record.setBigUint64(64, BigInt(end + 20), true);
  const tail = bytes.slice(end);
  new DataView(tail.buffer).setUint32(16, 0xffffffff, true);
  const parts = [bytes.slice(0, end), new Uint8Array(extra.buffer), new Uint8Array(record.buffer), tail];
  const large = Uint8Array.from(parts.flatMap((part) => [...part]));
  assert.equal(await readAll(large), await readAll(bytesOf(STORED)));
  large.set([0], end + 20); // no record where the locator points
  assert.equal(await asyncFailure(readAll(large)), [
    "NPZ_ARCHIVE",
    "params.npz: has a ZIP64 directory that cannot be found. The file is damaged or was not fully written: fetch or write it again.",
  ]);
});

test("objects are not unpickled, and say which dtypes are read", async () => {
  assert.equal(await asyncFailure(readAll(bytesOf(OBJECTS))), [
    "NPY_DTYPE",
    'params.npz: the array "x" has the dtype "|O". Known are <f8, <f4, <f2, <i8, <i4, <i2, |i1, <u8, <u4, <u2, |u1, |b1, <c8: objects, which would be unpickled, are none.',
  ]);
});

test("a member that there is not is named with those that there are", async () => {
  await using file = await openNpz(bytesOf(STORED));
  assert.equal(await asyncFailure(file.read("W_enc")), [
    "TENSOR_NOT_IN_FILE",
    'bytes: has no tensor "W_enc". It has 6: w, f, h, i, b, o.',
  ]);
});

const member = recordAt(STORED, CENTRAL);
const packed = recordAt(DEFLATED, CENTRAL);
const DAMAGED = "The file is damaged or was not fully written: fetch or write it again.";
for (const [what, bytes, code, message] of [
  [
    "another file",
    new Uint8Array(100),
    "NPZ_ARCHIVE",
    "has no directory of members at its end: it is no zip archive, or not all of one. " + DAMAGED,
  ],
  ["nothing", new Uint8Array(0), "NPZ_ARCHIVE", "has no directory of members"],
  ["half of it", bytesOf(STORED).slice(0, 900), "NPZ_ARCHIVE", "has no directory of members"],
  ["a page", new TextEncoder().encode("<!doctype html><html></html>"), "FILE_FOREIGN", "a page of HTML"],
  [
    "a directory elsewhere",
    changed(STORED, recordAt(STORED, END) + 16, 255, 255, 255, 127),
    "NPZ_ARCHIVE",
    "does not fit into",
  ],
  [
    "more members than there are",
    changed(STORED, recordAt(STORED, END) + 10, 200),
    "NPZ_ARCHIVE",
    "its directory ends after 6 of 200 members",
  ],
  [
    "a name that goes on for ever",
    changed(STORED, recordAt(STORED, CENTRAL, 5) + 28, 255, 255),
    "NPZ_ARCHIVE",
    "its directory ends within member 5",
  ],
  [
    "encryption",
    changed(STORED, member + 8, 1),
    "NPZ_MEMBER",
    'params.npz: the member "w.npy" is encrypted. Write it by numpy.savez or numpy.savez_compressed.',
  ],
  [
    "another packing",
    changed(STORED, member + 10, 12),
    "NPZ_MEMBER",
    "is packed by method 12, not stored or deflated",
  ],
  [
    "a member outside",
    changed(STORED, member + 42, 255, 255, 255),
    "NPZ_MEMBER",
    "begins at 16777215, outside of the file",
  ],
  [
    "a member elsewhere",
    changed(STORED, member + 42, 1),
    "NPZ_MEMBER",
    "does not begin at 1, as the directory says",
  ],
  ["a member too long", changed(STORED, member + 20, 255, 255), "NPZ_MEMBER", "outside of the file"],
  [
    "a stored member of two sizes",
    changed(STORED, member + 24, 1),
    "NPZ_MEMBER",
    "is stored in 152 bytes and has 1",
  ],
  [
    "a missing size",
    changed(STORED, member + 24, 255, 255, 255, 255),
    "NPZ_MEMBER",
    "is stored in 152 bytes and has 4294967295",
  ],
  ["what is no array", changed(STORED, member + 46 + 2, 0x74), "NPZ_MEMBER", "is no array (.npy)"],
  ["two of one name", changed(STORED, member + 46, 0x66), "NPZ_ARCHIVE", "has two members of one name"],
  [
    "a bomb",
    changed(DEFLATED, packed + 24, 255, 255, 255, 255),
    "NPZ_MEMBER",
    "claims 4294967295 bytes of 85, more than deflating can give",
  ],
  [
    "a member longer than it says",
    changed(DEFLATED, packed + 24, 100),
    "NPZ_MEMBER",
    "unpacks to more than the 100 bytes that it says",
  ],
  [
    "a member shorter than it says",
    changed(DEFLATED, packed + 24, 200),
    "NPZ_MEMBER",
    "unpacks to 152 bytes in place of 200",
  ],
  ["damaged packing", changed(DEFLATED, 55, 255, 255), "NPZ_MEMBER", "cannot be unpacked"],
  [
    "no array inside",
    changed(STORED, 55, 0),
    "NPY_HEADER",
    'params.npz: the array "w" does not begin as arrays of NumPy do. ' + DAMAGED,
  ],
  ["another version", changed(STORED, 61, 9), "NPY_HEADER", "is of version 9, not 1 to 3"],
  ["an endless header", changed(STORED, 63, 255, 255), "NPY_HEADER", "claims a header of 65535 bytes"],
  ["code for a header", changed(STORED, 65, 0x5f), "NPY_HEADER", "has the header"],
  [
    "another shape",
    changed(STORED, recordAt(STORED, [0x28, 0x32, 0x2c]) + 1, 0x39),
    "NPY_HEADER",
    "has 24 bytes, which is not what <f4 of shape (9, 3) takes",
  ],
  ["the other byte order", changed(STORED, 76, 0x3e), "NPY_DTYPE", 'has the dtype ">f4".'],
] as const)
  // prettier-ignore
  test(`a file with ${what} is refused`, async () => {
    const [found, text] = await asyncFailure(readAll(bytes));
    assert.match(text, message);
    assert.is(found, code);
  });

test("files with bytes changed or cut are read, or refused with an error of ours", async () => {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let n = 0; n < 400; n++) {
    const bytes = bytesOf(n % 2 === 0 ? STORED : DEFLATED);
    for (let i = random(4); i >= 0; i--) bytes[random(bytes.length)] = random(256);
    const error = await readAll(random(4) === 0 ? bytes.slice(0, random(bytes.length)) : bytes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error === undefined || isHookdictError(error), String(error));
  }
});

test("what is no source is refused", async () => {
  assert.match((await rejected(openNpz(5 as never))).message, "A file cannot be 5.");
});

test.run();
