import type { Client } from "./client.ts";
import { parts } from "./parts.ts";

/** A start that does not answer within this time gives way to the next backend. */
const PATIENCE_MS = 10_000;

/** What is tried where a backend does not start. */
const NEXT: Readonly<Record<string, string>> = { webgpu: "wasm", wasm: "cpu" };

/** Starts a backend in a worker. @throws Error where it does not start, or does not answer */
export async function startOn(client: Client, backend: string | undefined, why?: string): Promise<void> {
  const { wasm, model } = await parts();
  const started = client.call("start", { backend, wasm, model, ...(why !== undefined && { why }) });
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("it did not answer within 10 s")), PATIENCE_MS),
  );
  await Promise.race([started.result, late]);
}

/** What is tried after a backend that did not start, and why. @throws Error where there is none */
export function nextAfter(
  backend: string | undefined,
  error: unknown,
): { readonly next: string; readonly told: string } {
  const reason = error instanceof Error ? error.message : String(error);
  const next = NEXT[backend ?? "webgpu"];
  if (next === undefined)
    throw new Error(
      `No backend started: ${backend ?? "the best"}: ${reason.replace(/\.$/, "")}. What is shown was recorded when this page was built.`,
      { cause: error },
    );
  return { next, told: `${backend ?? "the best backend"}: ${reason}` };
}
