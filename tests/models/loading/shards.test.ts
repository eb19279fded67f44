import { GPT2 } from "@hookdict/models";
import { memory } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { fileOf, floats, jsonFile, tinyFiles, tinyItems, tinyShapes } from "./tiny.ts";

const test = suite("GPT2.fromPretrained of shards");

const INDEX = "model.safetensors.index.json";
const SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
/** Every other tensor goes to the first shard. */
const shardOf = (at: number): string => SHARDS[at % 2 === 0 ? 0 : 1];
const names = Object.keys(tinyShapes);
const weightMap: Readonly<Record<string, string>> = Object.fromEntries(
  names.map((name, at) => [name, shardOf(at)]),
);
const indexFile = (map: unknown): Uint8Array => jsonFile({ metadata: { total_size: 1 }, weight_map: map });

async function shardedFiles(changes: Readonly<Record<string, Uint8Array | undefined>> = {}) {
  const shard = (name: string) => fileOf(tinyItems().filter((_, at) => shardOf(at) === name));
  return tinyFiles({
    "model.safetensors": undefined,
    [INDEX]: indexFile(weightMap),
    [SHARDS[0]]: await shard(SHARDS[0]),
    [SHARDS[1]]: await shard(SHARDS[1]),
    ...changes,
  });
}

async function refusal(
  changes: Readonly<Record<string, Uint8Array | undefined>>,
): Promise<Error & { code: string }> {
  const before = memory().numBytes;
  const error = await rejected(GPT2.fromPretrained(await shardedFiles(changes)));
  assert.is(memory().numBytes, before);
  return error as Error & { code: string };
}

const weightsOf = ({ weights }: GPT2): Record<string, number[]> =>
  Object.fromEntries(weights.names.map((name) => [name, [...weights.get(name).dataSync()]]));

test("shards with an index give the weights of one file", async () => {
  using whole = await GPT2.fromPretrained(await tinyFiles());
  using sharded = await GPT2.fromPretrained(await shardedFiles());
  assert.equal(weightsOf(sharded), weightsOf(whole));
});

test("a directory without weights is refused", async () => {
  const error = await refusal({ [INDEX]: undefined });
  assert.is(error.code, "CHECKPOINT_MISSING");
  assert.is(
    error.message,
    `memory: has neither model.safetensors nor ${INDEX}. Give a Hugging Face directory with safetensors weights.`,
  );
});

test("an index without weight_map is refused", async () => {
  const error = await refusal({ [INDEX]: jsonFile({ weights: {} }) });
  assert.is(error.code, "CHECKPOINT_INDEX");
  assert.is(
    error.message,
    `memory/${INDEX}: has no "weight_map" object. An index is { "weight_map": { tensor name: file name } }.`,
  );
});

test("an index leads to files beside it only", async () => {
  for (const elsewhere of ["../other/model.safetensors", "/etc/passwd", "http://x/a.safetensors", 1, null]) {
    const error = await refusal({ [INDEX]: indexFile({ ...weightMap, "wte.weight": elsewhere }) });
    assert.is(error.code, "CHECKPOINT_INDEX");
    assert.is(
      error.message,
      `memory/${INDEX}: puts tensor "wte.weight" in ${JSON.stringify(elsewhere)}, which is not a safetensors file ` +
        'beside it. An index is { "weight_map": { tensor name: file name } }.',
    );
  }
});

test("a shard that is not there is named", async () => {
  const error = await refusal({ [SHARDS[1]]: undefined });
  assert.is(error.code, "FILE_NOT_FOUND");
  assert.is(
    error.message,
    `memory/${SHARDS[1]}: there is no such file. Check the directory and the file's name.`,
  );
});

test("a shard that lacks what the index says is refused with the tensor's name", async () => {
  const error = await refusal({ [SHARDS[0]]: await fileOf([floats("wte.weight", [5, 4])]) });
  assert.is(error.code, "CHECKPOINT_SHARD_LACKS");
  assert.is(
    error.message,
    `memory/${SHARDS[0]}: lacks tensor "h.0.ln_1.weight", which ${INDEX} says it has. ` +
      "Fetch index and shards of one version.",
  );
});

test("a shard with a tensor that the index does not list, or puts elsewhere, is refused", async () => {
  const first = tinyItems().filter((_, at) => shardOf(at) === SHARDS[0]);
  const refuse = async (extra: string): Promise<string> => {
    const error = await refusal({ [SHARDS[0]]: await fileOf([...first, floats(extra, [4])]) });
    assert.is(error.code, "CHECKPOINT_SHARD_EXTRA");
    return error.message;
  };
  const [file, hint] = [`memory/${SHARDS[0]}`, "Fetch index and shards of one version."];
  assert.is(await refuse("lost"), `${file}: has tensor "lost", which ${INDEX} does not list. ${hint}`);
  assert.is(
    await refuse("ln_f.bias"),
    `${file}: has tensor "ln_f.bias", which ${INDEX} puts in ${SHARDS[1]}. ${hint}`,
  );
});

test.run();
