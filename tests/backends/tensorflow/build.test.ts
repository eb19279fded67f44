import { dirname } from "node:path";
import { buildNative } from "@hookdict/backends/native";
import { matMul, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { bareHost, compilerThat, emptyTensorFlow, failure, folderWith } from "../../support/native.ts";

// What needs a built addon.
const test = suite("the built native backend");

/** A compiler that hands out the addons of this process. */
function handOut(): string {
  const report = process.report.getReport() as unknown as { sharedObjects: string[] }; // typed as a string until Node 22
  const addon = report.sharedObjects.find((path) => path.endsWith("tfjs_binding.node")) ?? "";
  return compilerThat(`/bin/cp "${dirname(addon)}/\${target##*/}" "$target"`);
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

test.run();
