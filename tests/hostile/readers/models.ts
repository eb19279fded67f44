import { existsSync, readdirSync, readFileSync } from "node:fs";
import { loadModel, loadTokenizer } from "@hookdict/models";
import { encodeUtf8, memoryDirectory } from "@hookdict/tensordict/io";
import { loadPeftAdapter } from "@hookdict/weights";
import { familyFolder, variants } from "../../models/families/variants.ts";
import { fileOf, floats, jsonFile, tinyConfig, tinyItems } from "../../models/loading/tiny.ts";
import { adapterFolder, numbersFor } from "../../weights/peft/folders.ts";
import { type Files, freed, type Reader } from "../reader.ts";

const read = (files: Files): Promise<void> => freed(loadModel(memoryDirectory("model", files)));

async function tiny(): Promise<Files> {
  return { "config.json": jsonFile(tinyConfig), "model.safetensors": await fileOf(tinyItems()) };
}

/** The same in two files with an index. */
async function sharded(): Promise<Files> {
  const items = tinyItems();
  const names = items.map(({ name }) => name);
  const file = (at: number): string => `model-0000${at < 8 ? 1 : 2}-of-00002.safetensors`;
  const weight_map = Object.fromEntries(names.map((name, i) => [name, file(i)]));
  return {
    "config.json": jsonFile(tinyConfig),
    "model.safetensors.index.json": jsonFile({ metadata: { total_size: 0 }, weight_map }),
    [file(0)]: await fileOf(items.slice(0, 8)),
    [file(8)]: await fileOf(items.slice(8)),
  };
}

const filesIn = (folder: URL, names: RegExp): Files =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => names.test(name))
      .map((name) => [name, new Uint8Array(readFileSync(new URL(name, folder)))]),
  );

const families = ["decoder", "encoder", "encdec", "ssm", "image"]
  .flatMap(variants)
  .filter((family) => existsSync(new URL("model.safetensors", familyFolder(family))));

const tokenizers = new URL("tokenizers/", familyFolder("."));
const kinds = readdirSync(tokenizers);

/** Models, tokenizers, adapters. */
export const MODELS: readonly Reader[] = [
  { name: "a model in one file", files: tiny, read },
  { name: "a model in several files", files: sharded, read },
  ...families.map((family): Reader => ({
    name: `the config of ${family}`,
    files: () => filesIn(familyFolder(family), /^(config\.json|model\.safetensors)$/),
    read,
    only: /^config\.json$/,
    share: 1 / families.length,
  })),
  ...kinds.map((kind): Reader => ({
    name: `the tokenizer ${kind}`,
    files: () =>
      filesIn(new URL(`${kind}/`, tokenizers), /^(tokenizer|tokenizer_config|special_tokens_map)\.json$/),
    async read(files) {
      const tokenizer = await loadTokenizer(memoryDirectory("tokenizer", files));
      const text = "Hello, wörld! 汉字 <s> 123";
      tokenizer?.decode(tokenizer.encode(text).ids);
    },
    share: 1 / kinds.length,
  })),
  {
    name: "an adapter",
    files: async () =>
      Object.fromEntries(
        (
          await adapterFolder(
            [numbersFor("fc1", [4, 3], 1, 5)],
            { r: 1, lora_alpha: 1, rank_pattern: { fc1: 1 }, use_rslora: true },
            [floats("fc2.lora_A.weight", [1, 2]), floats("fc2.lora_B.weight", [2, 1])],
          )
        ).files,
      ),
    read: (files) => freed(loadPeftAdapter(files)),
  },
  {
    name: "a template of a chat",
    files: () => ({
      ...filesIn(new URL(`${kinds[0] ?? ""}/`, tokenizers), /^(tokenizer|tokenizer_config)\.json$/),
      "chat_template.jinja": encodeUtf8(
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] | trim }}\n{% if loop.last %}{{ eos_token }}{% endif %}{% endfor %}",
      ),
    }),
    only: /jinja$/,
    async read(files) {
      const tokenizer = await loadTokenizer(memoryDirectory("tokenizer", files));
      tokenizer?.chat([{ role: "user", content: " hello " }]);
    },
  },
];
