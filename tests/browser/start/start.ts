import { backendEvents, loadBackend, type LoadBackendOptions } from "@hookdict/backends";
import { fill, matMul } from "@tensorflow/tfjs-core";

// What pages of the tests do: they load a backend, compute, and tell the server.

/** What a page tells. */
export interface Started {
  readonly name: string;
  readonly threads?: number;
  readonly warnings: readonly string[];
  /** Codes of the warnings that came as events. */
  readonly events: readonly string[];
  /** The different values of a product of matrices of 2 and 3, 300 long. */
  readonly product: readonly number[];
  /** What the rounds of a loop with `using` gave. */
  readonly rounds: readonly string[];
  readonly isolated: boolean;
}

/** Loads a backend with these options and posts what came of it. */
export async function start(options: LoadBackendOptions): Promise<void> {
  const found = await run(options).catch((error: unknown) => ({ error: String(error) }));
  await fetch("/report", { method: "POST", body: JSON.stringify(found) });
}

async function run(options: LoadBackendOptions): Promise<Started> {
  const events: string[] = [];
  backendEvents.on("warning", ({ code }) => void events.push(code));
  const { name, threads, warnings } = await loadBackend(options);
  const product = matMul(fill([300, 300], 2), fill([300, 300], 3));
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true;
  const told = { name, warnings, events, product: [...new Set(await product.data())], rounds: rounds() };
  return { ...told, isolated, ...(threads !== undefined && { threads }) };
}

/** Of three rounds the first one throws. */
function rounds(): string[] {
  const told: string[] = [];
  for (let i = 0; i < 3; i++)
    try {
      using _ = { [Symbol.dispose]: () => void told.push(`end ${i}`) };
      if (i === 0) throw new Error("thrown");
    } catch (error) {
      told.push((error as Error).message);
    }
  return told;
}
