import { isHookdictError } from "@hookdict/tensordict";
import { bytesSource, type SafetensorsItem, type SourceDirectory } from "@hookdict/tensordict/io";
import { GPT2 } from "@hookdict/models";
import { memory } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { fileOf, floats, jsonFile, tinyConfig, tinyFiles, tinyItems } from "./tiny.ts";

const test = suite("GPT2.fromPretrained of a wrong checkpoint");

const FILE = "tiny/model.safetensors";

/** A directory that counts the bytes which are read after the header. */
function watched(files: Readonly<Record<string, Uint8Array>>): SourceDirectory & { dataBytes: number } {
  const directory = {
    name: "tiny",
    dataBytes: 0,
    async find(file: string) {
      const bytes = files[file];
      if (bytes === undefined) return undefined;
      const source = bytesSource(`tiny/${file}`, bytes);
      const header = file.endsWith(".safetensors") ? headerEnd(bytes) : bytes.byteLength;
      return {
        ...source,
        readInto(target: Uint8Array, offset: number) {
          directory.dataBytes += Math.max(0, offset + target.byteLength - Math.max(header, offset));
          return source.readInto(target, offset);
        },
      };
    },
  };
  return directory;
}

const headerEnd = (bytes: Uint8Array): number =>
  bytes.byteLength < 8 ? 8 : 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));

/** What loading these files fails with: nothing may have been put on the backend or read beyond headers. */
async function refusal(
  changes: Readonly<Record<string, Uint8Array | undefined>>,
): Promise<{ code: string; message: string }> {
  const directory = watched(await tinyFiles(changes));
  const before = memory();
  const error = await rejected(GPT2.fromPretrained(directory));
  assert.is(memory().numTensors, before.numTensors);
  assert.is(memory().numBytes, before.numBytes);
  assert.is(directory.dataBytes, 0);
  assert.ok(isHookdictError(error));
  return error;
}

interface Entry {
  dtype: string;
  readonly data_offsets: [number, number];
}

/** The file with one tensor's entry in the header changed and data left as they are. */
async function withEntry(name: string, change: (entry: Entry) => void): Promise<Uint8Array> {
  const bytes = await fileOf(tinyItems());
  const data = bytes.subarray(headerEnd(bytes));
  const text = new TextDecoder().decode(bytes.subarray(8, headerEnd(bytes)));
  const entries = JSON.parse(text) as Record<string, Entry>;
  change(entries[name]!); // it is one of the items
  const header = jsonFile(entries);
  const all = new Uint8Array(8 + header.byteLength + data.byteLength);
  new DataView(all.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  all.set(header, 8);
  all.set(data, 8 + header.byteLength);
  return all;
}

const without = (name: string): SafetensorsItem[] => tinyItems().filter((item) => item.name !== name);
const CHECK = "Check that config and weights belong together.";
const DAMAGED = "The file is damaged or was not fully written: fetch or write it again.";

test("a missing tensor is named", async () => {
  const error = await refusal({ "model.safetensors": await fileOf(without("h.0.attn.c_attn.weight")) });
  assert.is(error.code, "CHECKPOINT_TENSORS_MISSING");
  assert.is(error.message, `${FILE}: lacks "h.0.attn.c_attn.weight", which config.json calls for. ${CHECK}`);
});

test("of many missing tensors the first five are named, and all are counted", async () => {
  const config = jsonFile({ ...tinyConfig, n_layer: 500 });
  const error = await refusal({ "config.json": config });
  assert.is(error.code, "CHECKPOINT_TENSORS_MISSING");
  const first = ["ln_1.weight", "ln_1.bias", "attn.c_attn.weight", "attn.c_attn.bias", "attn.c_proj.weight"];
  const names = first.map((name) => `"h.1.${name}"`).join(", ");
  const more = 12 * (500 - 1) - first.length;
  assert.is(error.message, `${FILE}: lacks ${names} and ${more} more, which config.json calls for. ${CHECK}`);
});

test("a tensor for which there is no place is named", async () => {
  const error = await refusal({
    "model.safetensors": await fileOf([...tinyItems(), floats("h.1.ln_1.weight", [4])]),
  });
  assert.is(error.code, "CHECKPOINT_TENSORS_EXTRA");
  assert.is(
    error.message,
    `${FILE}: has "h.1.ln_1.weight", for which the model of config.json has no place. ${CHECK}`,
  );
});

test("a tensor that is there with and without prefix has a place only once", async () => {
  const twice = floats("transformer.wpe.weight", [3, 4]);
  const error = await refusal({ "model.safetensors": await fileOf([...tinyItems(), twice]) });
  assert.is(error.code, "CHECKPOINT_TENSORS_EXTRA");
  assert.is(
    error.message,
    `${FILE}: has "wpe.weight", for which the model of config.json has no place. ${CHECK}`,
  );
});

test("a tensor of another shape is named, with both shapes", async () => {
  const items = [...without("wpe.weight"), floats("wpe.weight", [4, 3])];
  const error = await refusal({ "model.safetensors": await fileOf(items) });
  assert.is(error.code, "CHECKPOINT_TENSOR_SHAPE");
  assert.is(
    error.message,
    `${FILE}: tensor "wpe.weight" has shape [4, 3]; config.json calls for [3, 4]. ${CHECK}`,
  );
});

test("weights that are no floats are refused", async () => {
  const item: SafetensorsItem = { name: "wpe.weight", dtype: "I8", shape: [3, 4], data: new Int8Array(12) };
  const error = await refusal({ "model.safetensors": await fileOf([...without("wpe.weight"), item]) });
  assert.is(error.code, "CHECKPOINT_TENSOR_DTYPE");
  assert.is(
    error.message,
    `${FILE}: tensor "wpe.weight" is of dtype I8; weights are F32, F16, BF16 or F64. ` +
      "Quantised checkpoints must be converted to floats first.",
  );
});

test("a header that claims to be longer than the file is refused", async () => {
  const bytes = (await fileOf(tinyItems())).slice();
  new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
  const error = await refusal({ "model.safetensors": bytes });
  assert.is(error.code, "SAFETENSORS_HEADER_LENGTH");
  assert.ok(error.message.startsWith(`${FILE}: claims a header of ${2n ** 63n} bytes, in a file of `));
});

test("a file cut within its data, its header or its first bytes is refused", async () => {
  const bytes = await fileOf(tinyItems());
  const cut = async (end: number): Promise<string> =>
    (await refusal({ "model.safetensors": bytes.slice(0, end) })).message;
  const data = bytes.byteLength - headerEnd(bytes);
  assert.is(
    await cut(bytes.byteLength - 1),
    // The last tensor in the file is the one that suffers.
    `${FILE}: tensor "ln_f.bias" lies at [${data - 16}, ${data}], outside the ${data - 1} bytes of data. ${DAMAGED}`,
  );
  assert.ok((await cut(headerEnd(bytes) - 1)).startsWith(`${FILE}: claims a header of `));
  assert.is(
    await cut(7),
    `${FILE}: has 7 bytes, too few for the length of a safetensors header (8). ${DAMAGED}`,
  );
});

test("offsets outside the file, shared bytes and unknown dtypes are refused with the tensor's name", async () => {
  const moved = (name: string, by: number) =>
    withEntry(name, ({ data_offsets: offsets }) => {
      offsets[0] += by;
      offsets[1] += by;
    });
  const outside = await refusal({ "model.safetensors": await moved("ln_f.bias", 4) });
  assert.is(outside.code, "SAFETENSORS_OFFSETS");
  assert.ok(outside.message.startsWith(`${FILE}: tensor "ln_f.bias" lies at [`));
  const shared = await refusal({ "model.safetensors": await moved("wpe.weight", -4) });
  assert.is(shared.code, "SAFETENSORS_OVERLAP");
  assert.is(shared.message, `${FILE}: tensors "wte.weight" and "wpe.weight" share 4 bytes. ${DAMAGED}`);
  const unknown = await withEntry("wte.weight", (entry) => (entry.dtype = "F8_E4M3"));
  const dtype = await refusal({ "model.safetensors": unknown });
  assert.is(dtype.code, "SAFETENSORS_DTYPE");
  assert.ok(dtype.message.startsWith(`${FILE}: tensor "wte.weight" has the unknown dtype "F8_E4M3".`));
});

test("a file that ends while it is read leaves nothing behind", async () => {
  const files = await tinyFiles();
  const bytes = files["model.safetensors"] ?? new Uint8Array();
  const directory = watched(files);
  const shrinking: SourceDirectory = {
    name: "tiny",
    async find(file) {
      const source = await directory.find(file);
      // As long as its header was read; then half of it is gone.
      const short = bytesSource(FILE, bytes.subarray(0, bytes.byteLength / 2));
      const readInto = (target: Uint8Array, offset: number): Promise<void> =>
        offset < headerEnd(bytes) ? source!.readInto(target, offset) : short.readInto(target, offset);
      return source && file.endsWith(".safetensors") ? { ...source, readInto } : source;
    },
  };
  const before = memory().numBytes;
  const error = await rejected(GPT2.fromPretrained(shrinking));
  assert.is((error as Error & { code: string }).code, "FILE_TRUNCATED");
  assert.is(memory().numBytes, before);
});

test.run();
