import { readFileSync } from "node:fs";
import { type EncoderDecoder, GPT2, loadModel, modelEvents } from "@hookdict/models";
import { openCheckpoint, openDirectory, type SafetensorsItem } from "@hookdict/tensordict/io";
import { tensor2d, tidy } from "@tensorflow/tfjs-core";
import { familyFolder } from "../families/variants.ts";
import { assert, suite } from "../../gate/suite.ts";
import { fileOf, floats, jsonFile, tinyFiles, tinyItems } from "./tiny.ts";

const test = suite("tied embeddings");

type Files = Readonly<Record<string, Uint8Array>>;

const LOADERS = {
  "GPT2.fromPretrained": (files: Files) => GPT2.fromPretrained(files),
  loadModel: (files: Files) => loadModel(files),
};

const embedding = tinyItems().find(({ name }) => name === "wte.weight")!; // it is one of them
const others = tinyItems().filter(({ name }) => name !== "wte.weight");
const values = ({ data }: SafetensorsItem): number[] => [...(data as Float32Array)];
const filesOf = async (items: SafetensorsItem[]) => tinyFiles({ "model.safetensors": await fileOf(items) });

for (const [name, load] of Object.entries(LOADERS)) {
  test(`${name}: an unembedding that differs from the embedding it is tied to is used, with a warning`, async () => {
    const head = floats("lm_head.weight", [5, 4]);
    const heard: string[] = [];
    modelEvents.on("warning", ({ message }) => heard.push(message));
    using model = await load(await filesOf([...tinyItems(), head]));
    modelEvents.removeAllListeners();
    assert.equal([...model.unembed.weight.dataSync()], values(head));
    assert.equal(
      model.warnings.map(({ code, message }) => [code, message]),
      [
        [
          "UNEMBEDDING_UNTIED",
          'memory/model.safetensors: "lm_head.weight" is used as the unembedding: it differs from "wte.weight", to ' +
            'which "tie_word_embeddings" in config.json ties it. Set it to false there, or take the tensor out of ' +
            "the file.",
        ],
      ],
    );
    assert.equal(
      heard,
      model.warnings.map(({ message }) => message),
    );
  });

  test(`${name}: an unembedding that equals the embedding takes no memory of its own`, async () => {
    using tied = await load(await filesOf([...tinyItems(), { ...embedding, name: "lm_head.weight" }]));
    using plain = await load(await filesOf(tinyItems()));
    assert.equal([...tied.unembed.weight.dataSync()], [...plain.unembed.weight.dataSync()]);
    assert.equal(tied.warnings, []);
  });

  test(`${name}: of tied matrices the unembedding alone may be stored`, async () => {
    using model = await load(await filesOf([...others, { ...embedding, name: "lm_head.weight" }]));
    using plain = await load(await filesOf(tinyItems()));
    const tokens = tensor2d([[1, 2, 3]], undefined, "int32");
    const [got, want] = [model.call(tokens), plain.call(tokens)];
    assert.equal([...got.dataSync()], [...want.dataSync()]);
    for (const tensor of [tokens, got, want]) tensor.dispose();
  });
}

test("an encoder-decoder's embeddings may be stored as its unembedding alone", async () => {
  const folder = familyFolder("t5");
  using whole = await loadModel<EncoderDecoder>(folder);
  await using store = await openCheckpoint(openDirectory(folder.href));
  const items: SafetensorsItem[] = [];
  for (const { name, dtype, shape } of store.entries.values()) {
    const { data } = await store.read(name);
    const to = name === "shared.weight" ? "lm_head.weight" : name;
    if (!/embed_tokens/.test(name)) items.push({ name: to, dtype, shape, data });
  }
  const config = readFileSync(new URL("config.json", folder));
  using alone = await loadModel<EncoderDecoder>({
    "config.json": config,
    "model.safetensors": await fileOf(items),
  });
  tidy(() => {
    const tokens = tensor2d([[5, 6, 7]], undefined, "int32");
    const [got, want] = [alone, whole].map((model) =>
      model.call(tokens, { decoderTokens: tokens }).dataSync(),
    );
    assert.equal([...(got ?? [])], [...(want ?? [])]);
  });
});

test("encoder and decoder of an untied model read their own embeddings, and the shared one where there are none", async () => {
  const folder = familyFolder("bart");
  using whole = await loadModel<EncoderDecoder>(folder);
  await using store = await openCheckpoint(openDirectory(folder.href));
  const items: SafetensorsItem[] = [];
  for (const { name, dtype, shape } of store.entries.values()) {
    const { data } = await store.read(name);
    items.push({ name, dtype, shape, data });
  }
  const isTokens = ({ name }: SafetensorsItem): boolean =>
    /shared\.weight|embed_tokens\.weight|lm_head/.test(name);
  const tokensOf = items.find(isTokens)!; // BART has an embedding
  const rest = items.filter((item) => !isTokens(item));
  const zeros = { ...tokensOf, data: (tokensOf.data as Float32Array).map(() => 0) };
  const named = (item: SafetensorsItem, ...names: string[]): SafetensorsItem[] =>
    names.map((name) => ({ ...item, name }));
  const config = JSON.parse(readFileSync(new URL("config.json", folder), "utf8")) as object;
  const own = ["model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"];
  for (const embeddings of [
    [...named(tokensOf, "lm_head.weight", ...own), ...named(zeros, "model.shared.weight")],
    named(tokensOf, "lm_head.weight", "model.shared.weight"),
  ]) {
    using untied = await loadModel<EncoderDecoder>({
      "config.json": jsonFile({ ...config, tie_word_embeddings: false }),
      "model.safetensors": await fileOf([...rest, ...embeddings]),
    });
    tidy(() => {
      const tokens = tensor2d([[5, 6, 7]], undefined, "int32");
      const [got, want] = [untied, whole].map((model) =>
        model.call(tokens, { decoderTokens: tokens }).dataSync(),
      );
      assert.equal([...(got ?? [])], [...(want ?? [])]);
    });
  }
});

test.run();
