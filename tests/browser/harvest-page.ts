import "@tensorflow/tfjs-backend-cpu";
import { HarvestReader } from "@hookdict/harvest";
import { ready, setBackend, type Tensor } from "@tensorflow/tfjs-core";

/** What the page read. */
export interface HarvestAnswer {
  readonly isSealed: boolean;
  readonly rows: readonly number[];
  /** Rows of shuffled batches, all of them. */
  readonly documents: readonly number[];
  /** What it is told that asks for a folder. */
  readonly refused: readonly [string, string];
}

/** Reads two rows, and every row in batches, from the harvest at an address. */
export async function answer(url: string): Promise<HarvestAnswer> {
  await setBackend("cpu");
  await ready();
  await using reader = await HarvestReader.open(url);
  using td = await reader.read([9, 4], { sites: "hidden" });
  const rows = [...td.get<Tensor>(["fwd", "hidden"]).dataSync()];
  const documents: number[] = [];
  for await (const batch of reader.batches(4, { shuffle: { seed: 1 }, missing: "skip" })) {
    documents.push(...batch.get<Tensor>("document").dataSync());
    batch.dispose();
  }
  const refused = await HarvestReader.open("./acts").then(
    () => ["", ""] as const,
    ({ code, message }: { code: string; message: string }) => [code, message] as const,
  );
  return { isSealed: reader.isSealed, rows, documents, refused };
}
