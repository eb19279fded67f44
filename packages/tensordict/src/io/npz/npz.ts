import { bytesSource } from "../memory.ts";
import { type SourceLocation, openSource } from "../location.ts";
import { inflateRaw } from "../platform.ts";
import { tensorNotInFile } from "../safetensors/errors.ts";
import { DTYPES } from "../safetensors/dtypes.ts";
import { elementCount } from "../safetensors/entry.ts";
import { type HostTensor, readTensor } from "../safetensors/read.ts";
import type { ByteSource } from "../source.ts";
import { npzArchive, npzMember } from "./errors.ts";
import { readNpyHeader, rowMajor } from "./npy.ts";
import { type ZipMember, zipMembers } from "./zip.ts";

/** Arrays by name in an open `.npz` file; each is read when it is asked for. */
export interface NpzStore extends AsyncDisposable {
  /** Name for messages. */
  readonly name: string;
  /** Names of the arrays, without `.npy`, in the file's order. */
  readonly names: readonly string[];
  /** Reads an array into memory. **Ownership:** *returns owned*. */
  read(name: string): Promise<HostTensor>;
  /** Closes the file; so does leaving an `await using` block. */
  close(): Promise<void>;
}

/** Deflate makes nothing smaller than that. */
const MOST_SHRUNK = 1032;

/**
 * Opens a file of arrays as `numpy.savez` and `numpy.savez_compressed` write them, without trust in it: nothing is unpickled, no
 * member may unpack to more than it says, and no size is taken for granted. Checksums are not compared.
 *
 * @throws FormatError `FILE_NOT_FOUND`, `NPZ_ARCHIVE`, `NPZ_MEMBER`; from `read` also `NPY_HEADER`, `NPY_DTYPE`, `SAFETENSORS_INTEGER`,
 * `SAFETENSORS_BOOL`; UsageError `TENSOR_NOT_IN_FILE`. The file is closed where it cannot be opened.
 * @example no-run
 * await using file = await openNpz("layer_20/width_16k/average_l0_71/params.npz");
 * file.names; // => ["W_dec", "W_enc", "b_dec", "b_enc", "threshold"]
 */
export async function openNpz(location: SourceLocation): Promise<NpzStore> {
  const source = await openSource(location);
  try {
    const members = await zipMembers(source);
    const byName = new Map(members.map((member) => [arrayName(source, member), member]));
    if (byName.size < members.length) throw npzArchive(source.name, "has two members of one name");
    const close = async (): Promise<void> => await source.close();
    return {
      name: source.name,
      names: [...byName.keys()],
      read: async (name) => {
        const member = byName.get(name);
        if (member === undefined) throw tensorNotInFile(source.name, name, [...byName.keys()]);
        return await readArray(source, member, name);
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function arrayName({ name: file }: ByteSource, { name }: ZipMember): string {
  if (!name.endsWith(".npy") || name === ".npy") throw npzMember(file, name, "is no array (.npy)");
  return name.slice(0, -".npy".length);
}

async function readArray(source: ByteSource, member: ZipMember, name: string): Promise<HostTensor> {
  const array = member.isDeflated ? await unpacked(source, member, name) : part(source, member);
  const { dtype, shape, isColumnMajor, start } = await readNpyHeader(array, source.name, name);
  const bytes = elementCount(shape) * DTYPES[dtype].bytes;
  const read = await readTensor(array, { file: source.name, name, dtype, shape, offset: start, bytes });
  return isColumnMajor && shape.length > 1 ? rowMajor(read) : read;
}

/** The bytes of a stored member. */
function part(source: ByteSource, { offset, size }: ZipMember): ByteSource {
  return {
    name: source.name,
    size,
    readInto: async (target, at) => await source.readInto(target, offset + at),
    close: async () => {},
  };
}

async function unpacked(
  source: ByteSource,
  { offset, packed, size }: ZipMember,
  name: string,
): Promise<ByteSource> {
  if (size > (packed + 64) * MOST_SHRUNK)
    throw npzMember(source.name, name, `claims ${size} bytes of ${packed}, more than deflating can give`);
  const bytes = new Uint8Array(packed);
  await source.readInto(bytes, offset);
  const whole = await inflateRaw(bytes, size);
  if (typeof whole === "string") throw npzMember(source.name, name, whole);
  return bytesSource(source.name, whole);
}
