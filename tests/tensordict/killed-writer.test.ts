import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { assert, suite } from "../gate/suite.ts";

const test = suite("TensorDictWriter killed");

const script = fileURLToPath(new URL("fixtures/append-forever.ts", import.meta.url));

/** Runs the writer until it has acknowledged `least` rows, and kills it; gives what it acknowledged last. */
async function killedAfter(folder: string, least: number): Promise<number> {
  const flags = ["--conditions=@hookdict/source", "--import", "@hookdict/loader"];
  const child = spawn(process.execPath, [...flags, script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  let acknowledged = 0;
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line);
    if (acknowledged >= least) child.kill("SIGKILL");
  }
  await ended;
  return acknowledged;
}

async function readAll(folder: string): Promise<number[]> {
  const found: number[] = [];
  for await (const batch of (await TensorDictReader.open(folder)).batches(100)) {
    batch.run((td) => found.push(...td.get("n").dataSync()));
  }
  return found;
}

test("nothing that was acknowledged is lost, and a new writer goes on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "td-killed-"));
  const acknowledged = await killedAfter(folder, 12);
  const found = await readAll(folder);
  assert.ok(found.length >= acknowledged, `${found.length} of ${acknowledged}`);
  const rows = Array.from({ length: found.length }, (_, i) => i);
  assert.equal(found, rows);
  await (await TensorDictWriter.open(folder, { rowsPerShard: 8 })).close();
  assert.equal(await readAll(folder), rows);
  assert.equal(
    (await readdir(folder)).filter((file) => !/^(index|shard)/.test(file)),
    [],
  );
  await rm(folder, { recursive: true });
});

test.run();
