import { spawnSync } from "node:child_process";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("threads of the wasm backend");

/** What a program prints that has loaded wasm with threads; it must end by itself. */
function run(threads: number): { threads: number; product: number[]; blob: string } {
  const program = `
    import { loadBackend } from "@hookdict/backends";
    import { backend, fill, matMul } from "@tensorflow/tfjs-core";
    await loadBackend({ backend: "wasm", threads: ${threads} });
    const product = matMul(fill([64, 300], 2), fill([300, 64], 3)).dataSync();
    const blob = await new Blob(["as before"]).text();
    console.log("\\n" + JSON.stringify({ threads: backend().wasm.tfjs.getThreadsCount(), product: [...new Set(product)], blob }));
  `;
  const args = [...process.execArgv, "--input-type=module", "-e", program];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
  assert.is(status, 0);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as ReturnType<typeof run>; // printed by the program
}

test("two are there when two are asked for; the process ends by itself", () => {
  assert.equal(run(2), { threads: 2, product: [2 * 3 * 300], blob: "as before" });
});

test.run();
