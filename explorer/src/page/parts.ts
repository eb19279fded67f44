import { gunzipSync } from "fflate";
import type { Ops } from "../messages.ts";

type Parts = Pick<Ops["start"]["args"], "wasm" | "model">;

/** Text of a part that the single file carries. */
const carried = (id: string): string => document.querySelector(`#${id}`)?.textContent?.trim() ?? "";

/** The worker: of the code that the page carries, or of the file beside it. */
export function openWorker(): Worker {
  const code = carried("worker");
  if (code === "") return new Worker("worker.js");
  const url = URL.createObjectURL(new Blob([unpack(code)], { type: "text/javascript" }));
  const worker = new Worker(url);
  URL.revokeObjectURL(url);
  return worker;
}

/** WebAssembly and the built-in model: what the page carries, or where they are beside it. */
export function parts(): Promise<Parts> {
  const [wasm, model] = [carried("wasm"), carried("model")];
  if (wasm === "" || model === "") {
    const beside = (path: string): string => new URL(path, location.href).href;
    return Promise.resolve({ wasm: beside("wasm/"), model: beside("model/") });
  }
  const files = JSON.parse(model) as Readonly<Record<string, string>>; // written by the build
  return Promise.resolve({
    wasm: unpack(wasm).buffer,
    model: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, unpack(text)])),
  });
}

/** Bytes of base64 of gzip. */
function unpack(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return new Uint8Array(gunzipSync(bytes));
}
