import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TensorDict } from "@hookdict/tensordict";
import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

// What the Python package reads and writes, where it is installed; the files in fixtures/ pin the same without it.

const test = suite("TensorDict files and Python");

const python = process.env["HOOKDICT_PYTHON"] ?? "python3";
const isThere = spawnSync(python, ["-c", "import safetensors.numpy"]).status === 0;

function when(name: string, body: () => Promise<void>): void {
  if (isThere) test(name, body);
  else test.skip(`${name}: needs python3 with safetensors and numpy`, body);
}

function run(script: string, ...args: string[]): string {
  const result = spawnSync(python, ["-c", script, ...args], { encoding: "utf8" });
  assert.is(result.status, 0, result.stderr);
  return result.stdout;
}

when("Python reads what is saved, and what it writes is read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "td-python-"));
  const [ours, theirs] = [join(folder, "ours.safetensors"), join(folder, "theirs.safetensors")];
  using td = new TensorDict({ a: tensor2d([[1, 2], [3, 4]]), b: { c: tensor1d([1, 0], "bool") } }); // prettier-ignore
  await td.save(ours);
  const script = `
import sys
from safetensors.numpy import load_file, save_file
tensors = load_file(sys.argv[1])
print(sorted(tensors), tensors["a"].sum(), tensors["b/c"].tolist())
save_file({name: value[::-1].copy() for name, value in tensors.items()}, sys.argv[2])`;
  assert.is(run(script, ours, theirs).trim(), "['a', 'b/c'] 10.0 [True, False]");
  using back = await TensorDict.load(theirs);
  assert.equal([...back.get("a").dataSync(), ...back.get("b/c").dataSync()], [3, 4, 1, 2, 0, 1]);
  await rm(folder, { recursive: true });
});

test.run();
