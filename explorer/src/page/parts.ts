import type { Ops } from "../messages.ts";
import { fromBase64, through } from "./pack.ts";

type Parts = Pick<Ops["start"]["args"], "wasm" | "model">;

/** Text of a part that the single file carries. */
const carried = (id: string): string => document.querySelector(`#${id}`)?.textContent?.trim() ?? "";

/** The worker: of the code that the page carries, or of the file beside it. */
export async function openWorker(): Promise<Worker> {
  const code = carried("worker");
  if (code === "") return new Worker("worker.js");
  const url = URL.createObjectURL(new Blob([await unpack(code)], { type: "text/javascript" }));
  const worker = new Worker(url);
  URL.revokeObjectURL(url);
  return worker;
}

/** WebAssembly and the built-in model: what the page carries, or where they are beside it. */
export async function parts(): Promise<Parts> {
  const [wasm, model] = [carried("wasm"), carried("model")];
  if (wasm === "" || model === "") {
    const beside = (path: string): string => new URL(path, location.href).href;
    return { wasm: beside("wasm/"), model: beside("model/") };
  }
  const files = JSON.parse(model) as Readonly<Record<string, string>>; // written by the build
  const unpacked = Object.entries(files).map(async ([name, text]) => [name, await unpack(text)] as const);
  return {
    wasm: (await unpack(wasm)).buffer,
    model: Object.fromEntries(await Promise.all(unpacked)),
  };
}

/** Bytes of base64 of gzip. */
const unpack = (text: string): Promise<Uint8Array<ArrayBuffer>> =>
  through(fromBase64(text), new DecompressionStream("gzip"));
