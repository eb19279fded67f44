import { loadBackend } from "@hookdict/backends";
import { examineBackends } from "@hookdict/backends/native";
import {
  backend,
  dispose,
  getBackend,
  matMul,
  removeBackend,
  setBackend,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";

const test = suite("the webgpu backend in Node");

const GLOBALS = ["GPUBuffer", "GPUTexture", "GPUBufferUsage", "GPUTextureUsage", "GPUMapMode"];
const present = (): string[] => [...GLOBALS, "navigator"].filter((name) => name in globalThis);
const hadNavigator = Number(process.versions.node.split(".")[0]) >= 21;
const square = () => tidy(() => matMul(tensor2d([[1, 2], [3, 4]]), tensor2d([[1, 2], [3, 4]]))); // prettier-ignore

test("values are read asynchronously", async () => {
  const product = square();
  assert.equal([...(await product.data())], [1 + 6, 2 + 8, 3 + 12, 6 + 16]);
  product.dispose();
});

test("reading at once fails with what to write instead", () => {
  const product = square();
  const error = thrown(() => product.dataSync()) as Error & { code: string };
  product.dispose();
  assert.is(error.code, "WEBGPU_SYNC_READ");
  assert.is(
    error.message,
    "In Node, webgpu cannot give out values at once. " +
      "Use await tensor.data() or await tensor.array() instead of dataSync() and arraySync().",
  );
});

test("a tensor larger than the smallest maximum of the standard fits", async () => {
  const device = (backend() as unknown as { device: { limits: Record<string, number> } }).device;
  assert.ok((device.limits["maxStorageBufferBindingSize"] ?? 0) > 128 * 2 ** 20);
});

test("its globals are there while it is, navigator is not", () => {
  assert.equal(present(), [...GLOBALS, ...(hadNavigator ? ["navigator"] : [])]);
});

test("a lost device is reported and explains the reads that fail; without the backend its globals go", async () => {
  removeBackend("webgpu");
  assert.equal(present(), hadNavigator ? ["navigator"] : []);
  const reports: string[] = [];
  await loadBackend({ backend: "webgpu", onDeviceLost: ({ code }) => void reports.push(code) });
  const product = square();
  (backend() as unknown as { device: { destroy(): void } }).device.destroy();
  const error = (await rejected(product.data())) as Error & { code: string; fields: { reason: string } };
  assert.is(error.code, "WEBGPU_DEVICE_LOST");
  assert.is(
    error.message,
    `The WebGPU device was lost, and with it every tensor on it: ${error.fields.reason}. ` +
      "Load the backend and the model again; where memory ran out, with smaller batches.",
  );
  assert.equal(reports, ["WEBGPU_DEVICE_LOST"]);
  dispose(product);
  removeBackend("webgpu");
  await loadBackend({ backend: "webgpu" });
  assert.is(getBackend(), "webgpu");
});

test("a driver that computes on the processor is taken only when it is asked for", async () => {
  const native = process.env["HOOKDICT_NATIVE"];
  process.env["HOOKDICT_NATIVE"] = "/nowhere";
  removeBackend("webgpu");
  const { name, tried } = await loadBackend();
  if (native === undefined) delete process.env["HOOKDICT_NATIVE"];
  else process.env["HOOKDICT_NATIVE"] = native;
  await loadBackend({ backend: "webgpu" });
  if (name === "webgpu") return; // a graphics card
  const reason = tried.find((each) => each.name === "webgpu")?.reason ?? "";
  const [, adapter = ""] = /\((.*)\)/.exec(reason) ?? [];
  // "WEBGPU_SOFTWARE"
  assert.match(adapter, /swiftshader|llvmpipe/i);
  assert.is(
    reason,
    `WebGPU's only adapter computes on the processor (${adapter}), slower than wasm. ` +
      "Ask for the backend webgpu to use it all the same.",
  );
});

test("doctor names the adapter", () => {
  const { backends } = examineBackends();
  const { works, detail } = backends.find(({ name }) => name === "webgpu") ?? {};
  assert.is(works, true);
  assert.match(detail ?? "", /^WebGPU, \w+/);
});

test("going to another backend and back keeps it", async () => {
  await setBackend("cpu");
  await loadBackend({ backend: "webgpu" });
  assert.is(getBackend(), "webgpu");
});

test.run();
