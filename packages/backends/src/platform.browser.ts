export async function registerGradients(): Promise<void> {
  // A side effect only, without declarations of its own; resolved by the bundler or import map.
  const module = "@tensorflow/tfjs-core/dist/register_all_gradients.js";
  await import(module);
}

/** The package finds its .wasm files beside itself; `loadBackend({ wasmPath })` says otherwise. */
export function wasmFolder(): string | undefined {
  return undefined;
}

export const environment: Readonly<Record<string, string | undefined>> = {};

/** TensorFlow's own library runs in Node only. */
export function loadNative(name: string): Promise<void> {
  return Promise.reject(new Error(`${name} runs in Node only`));
}
