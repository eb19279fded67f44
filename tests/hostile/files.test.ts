import { isHookdictError } from "@hookdict/tensordict";
import { memory } from "@tensorflow/tfjs-core";
import { assert, goesOn, suite } from "../gate/suite.ts";
import { mutate, randomFrom } from "./mutations.ts";
import type { Files, Reader } from "./reader.ts";
import { DICTIONARIES } from "./readers/dictionaries.ts";
import { HARVESTS } from "./readers/harvests.ts";
import { MODELS } from "./readers/models.ts";
import { SPECS } from "./readers/specs.ts";
import { TENSORS } from "./readers/tensors.ts";

// Files with bytes and values changed, cut, repeated or exchanged: each is read, or refused with one error of ours, in bounded time and
// memory. HOOKDICT_HOSTILE says how many of each kind are tried, all in this process; HOOKDICT_HOSTILE_FIRST from which seed on.

const test = suite("hostile files");

const asked = Number(process.env["HOOKDICT_HOSTILE"] ?? 200);
const first = Number(process.env["HOOKDICT_HOSTILE_FIRST"] ?? 1);

/** Heap that may be left after all of one kind: buffers not yet collected, and no more for more files. */
const MOST_BYTES = 256 * 2 ** 20;
/** The longest that one may take: what is read is small. */
const MOST_MS = 5000;

const heap = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;

for (const reader of [...TENSORS, ...MODELS, ...DICTIONARIES, ...HARVESTS, ...SPECS])
  test(`${reader.name}: read or refused`, async () => {
    const whole = await reader.files();
    await reader.read(whole);
    const count = Math.ceil(asked * (reader.share ?? 1));
    const [tensors, before] = [memory().numTensors, heap()];
    let read = 0;
    for (let seed = first; seed < first + count; seed++) {
      if (seed % 500 === 0) goesOn(`${reader.name}, ${seed}`);
      if (await isRead(reader, whole, seed)) read++;
      assert.is(memory().numTensors, tensors, `seed ${seed}: ${memory().numTensors - tensors} tensors more`);
    }
    assert.ok(heap() - before < MOST_BYTES, `${heap() - before} bytes more`);
    if (count >= 200) assert.ok(read < count, `all of ${count} read`);
    if (count >= 1000) assert.ok(read > 0, `none of ${count} read`);
  });

/** Whether a mutation is read; it is refused otherwise. */
async function isRead({ name, read, only = /./ }: Reader, whole: Files, seed: number): Promise<boolean> {
  const random = randomFrom(seed);
  const names = Object.keys(whole).filter((file) => only.test(file));
  const file = names[random(names.length)] ?? "";
  const files = { ...whole, [file]: mutate(whole[file] ?? new Uint8Array(), random) };
  const start = performance.now();
  try {
    await read(files);
    return true;
  } catch (error) {
    if (isHookdictError(error)) return false;
    throw new Error(`${name}, seed ${seed}, ${file}: ${String(error)}`, { cause: error });
  } finally {
    const ms = performance.now() - start;
    if (ms > MOST_MS) assert.unreachable(`${name}, seed ${seed}, ${file}: took ${Math.round(ms)} ms`);
  }
}

test.run();
