import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type BackendError, loadBackend } from "@hookdict/backends";
import { buildNative } from "@hookdict/backends/native";
import { matMul, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { bareHost, compilerThat, emptyTensorFlow, failure, folderWith } from "../../support/native.ts";

// What needs a built addon.
const test = suite("the built native backend");

/** Folder of the addons of this process. */
function builtFolder(): string {
  const report = process.report.getReport() as unknown as { sharedObjects: string[] }; // typed as a string until Node 22
  return dirname(report.sharedObjects.find((path) => path.endsWith("tfjs_binding.node")) ?? "");
}

/** A compiler that hands out the addons of this process. */
function handOut(): string {
  return compilerThat(`/bin/cp "${builtFolder()}/\${target##*/}" "$target"`);
}

test("multiplies", () => {
  const product = tidy(() => matMul(tensor2d([[1, 2]]), tensor2d([[3], [4]])));
  assert.is(product.dataSync()[0], 1 * 3 + 2 * 4);
  product.dispose();
});

test("an addon that passes its check is installed with a record of what it was built against", async () => {
  const tensorflow = folderWith(emptyTensorFlow);
  const built = await buildNative({ tensorflow, host: bareHost({ CXX: handOut() }) });
  assert.is(built.package, "4.22.0");
  assert.is(built.tensorflow.folder, `${tensorflow}/tensorflow`);
  assert.match(built.tensorflow.version, /^2\.\d+\.\d+/);
});

for (const damaged of ["tfjs_binding.node", "kernels.node", "quiet.node"])
  test(`a damaged ${damaged} is named and asked to be built again`, () => {
    const copy = copyBuild();
    writeFileSync(join(copy, damaged), "no addon");
    const [code, message, reason] = failureOf(copy);
    assert.is(code, "NATIVE_LOAD_FAILED");
    assert.is(
      message,
      `The built addon ${join(copy, damaged)} cannot be loaded: ${reason}. ` +
        "Type: npx hookdict-backends build, which builds it against the TensorFlow that is there now.",
    );
  });

test("what another version of this package has built counts as not built", () => {
  const copy = copyBuild();
  const record = JSON.parse(readFileSync(join(copy, "build.json"), "utf8")) as object;
  writeFileSync(join(copy, "build.json"), JSON.stringify({ ...record, sources: "others" }));
  assert.is(failureOf(copy)[0], "NATIVE_NOT_BUILT");
});

test("a record that was cut off counts as not built", () => {
  const copy = copyBuild();
  writeFileSync(join(copy, "build.json"), '{ "package":');
  assert.is(failureOf(copy)[0], "NATIVE_NOT_BUILT");
});

test("the package for graphics cards is no other name of the one that is loaded", async () => {
  const { cause } = (await rejected(loadBackend({ backend: "tfjs-node-gpu" }))) as Error & {
    cause: BackendError;
  };
  assert.is(cause.code, "NATIVE_OTHER_LOADED");
  assert.is(
    cause.message,
    "@tensorflow/tfjs-node-gpu cannot be loaded beside @tensorflow/tfjs-node, which this process has loaded: " +
      'both are the backend "tensorflow". Load it in a process of its own.',
  );
  assert.is((await loadBackend()).name, "tfjs-node");
});

/** A copy of this process's build, in a folder that `HOOKDICT_NATIVE` may name the parent of. */
function copyBuild(): string {
  const copy = join(folderWith(), basename(builtFolder()));
  cpSync(builtFolder(), copy, { recursive: true, filter: (path) => !path.includes("tensorflow-") });
  return copy;
}

/** What a process says that loads the build: code, message and reason. */
function failureOf(build: string): [string, string, string] {
  const program = `
    import { loadBackend } from "@hookdict/backends";
    const { cause } = await loadBackend({ backend: "tfjs-node" }).catch((error) => error);
    console.log(JSON.stringify([cause.code, cause.message, cause.fields.reason]));`;
  return runProgram(program, { HOOKDICT_NATIVE: dirname(build) }) as [string, string, string];
}

/** What a program in a process of its own prints. */
function runProgram(program: string, env: Readonly<Record<string, string>> = {}): unknown {
  const args = [...process.execArgv, "--input-type=module", "-e", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Exit codes of threads of Node that run `code` on the addon `tf`, with our operations: `times` times, `atOnce` each time. */
function runThreads(code: string, times: number, atOnce: number): unknown {
  const [addon, kernels] = ["tfjs_binding.node", "kernels.node"].map((name) =>
    JSON.stringify(join(builtFolder(), name)),
  );
  const all = `const tf = require(${addon}); require(${kernels}); ${code}`;
  return runProgram(`
    import { Worker } from "node:worker_threads";
    const load = () => new Promise((resolve, reject) => {
      const thread = new Worker(${JSON.stringify(all)}, { eval: true, execArgv: [] });
      thread.on("error", reject);
      thread.on("exit", resolve);
    });
    const codes = [];
    for (let i = 0; i < ${times}; i++) codes.push(...await Promise.all(Array.from({ length: ${atOnce} }, load)));
    console.log(JSON.stringify(codes));`);
}

test("threads of Node load the operations one after the other, although the first one's end unloads them", () => {
  const code = `tf.executeOp("HookdictGelu", [], [tf.createTensor([1], tf.TF_FLOAT, Float32Array.of(1))], 1);`;
  assert.equal(runThreads(code, 2, 1), [0, 0]);
});

test("threads of Node that compute at once each get their own results", () => {
  const code = `
    const values = Float32Array.from({ length: 300_000 }, (_, i) => i % 1000);
    const x = tf.createTensor([values.length], tf.TF_FLOAT, values);
    for (let i = 0; i < 50; i++) {
      const [{ id }] = tf.executeOp("HookdictAdd", [], [x, x], 1);
      const sums = tf.tensorDataSync(id);
      tf.deleteTensor(id);
      if (sums.some((sum, i) => sum !== 2 * (i % 1000))) process.exit(1);
    }`;
  assert.equal(runThreads(code, 1, 3), [0, 0, 0]);
});

test("a TensorFlow that sees no GPU is refused when one is asked for", async () => {
  const tensorflow = folderWith(emptyTensorFlow);
  const host = bareHost({ CXX: handOut(), CUDA_VISIBLE_DEVICES: "" });
  const error = await failure(buildNative({ gpu: true, tensorflow, host }));
  assert.is(error.code, "NATIVE_GPU_MISSING");
  assert.is(
    error.message,
    `TensorFlow ${String(error.fields["version"])} in ${tensorflow}/tensorflow sees no GPU. ` +
      "Type: pip install 'tensorflow[and-cuda]', check the driver with: nvidia-smi, or build without --gpu.",
  );
});

test("on arm64, for which PyPI has no TensorFlow with CUDA, another one is asked for", async () => {
  const host = { ...bareHost({ CXX: handOut(), CUDA_VISIBLE_DEVICES: "" }), arch: "arm64" };
  const { hint } = await failure(buildNative({ gpu: true, tensorflow: folderWith(emptyTensorFlow), host }));
  assert.is(
    hint,
    "Name a TensorFlow that was built with CUDA by --tensorflow DIR (PyPI's is not), " +
      "check the driver with: nvidia-smi, or build without --gpu.",
  );
});

test("what was built for a card does not compute on the processor when the card is gone", () => {
  const copy = copyBuild();
  const forGpu = copy.replace("tfjs-node", "tfjs-node-gpu");
  renameSync(copy, forGpu);
  const program = `
    import { loadBackend } from "@hookdict/backends";
    const { cause } = await loadBackend({ backend: "tfjs-node-gpu" }).catch((error) => error);
    console.log(JSON.stringify([cause?.code, cause?.message]));`;
  const env = { HOOKDICT_NATIVE: dirname(forGpu), CUDA_VISIBLE_DEVICES: "" };
  const [code, message] = runProgram(program, env) as [string, string];
  assert.is(code, "NATIVE_GPU_MISSING");
  assert.match(message, / sees no GPU\. /);
});

test.run();
