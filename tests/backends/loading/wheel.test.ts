import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildNative } from "@hookdict/backends/native";
import { assert, suite } from "../../gate/suite.ts";
import {
  bareHost,
  bareMac,
  compilerThat,
  emptyTensorFlow,
  failure,
  folderWith,
} from "../../support/native.ts";
import { zip } from "../../support/zip.ts";

const test = suite("building the native backend against a wheel");

test("a wheel that is not there is told how to get one", async () => {
  const host = bareHost({ CXX: compilerThat("exit 1") });
  const error = await failure(buildNative({ pythonWheel: "/nowhere/tensorflow.whl", host }));
  assert.is(error.code, "NATIVE_WHEEL_MISSING");
  assert.is(
    error.message,
    "There is no file /nowhere/tensorflow.whl. Type: pip download --no-deps tensorflow-cpu",
  );
});

for (const name of [
  "numpy-2.0.0-cp311-cp311-manylinux_2_17_x86_64.whl",
  "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_17_aarch64.whl",
  "tensorflow-2.21.0-cp311-cp311-macosx_12_0_x86_64.whl",
]) {
  test(`${name} is refused by its name`, async () => {
    const file = join(folderWith({ [name]: "" }), name);
    const host = bareHost({ CXX: compilerThat("exit 1") });
    const error = await failure(buildNative({ pythonWheel: file, host }));
    assert.is(error.code, "NATIVE_WHEEL_OTHER");
    assert.is(
      error.message,
      `${file} is no wheel of TensorFlow for linux-x64, by its name. ` +
        "Type on that machine: pip download --no-deps tensorflow-cpu",
    );
  });
}

const WHEEL = "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl";

test("a wheel that is no archive is told to be downloaded again", async () => {
  const file = join(folderWith({ [WHEEL]: "no archive" }), WHEEL);
  const host = bareHost({ CXX: compilerThat("exit 1") });
  const error = await failure(buildNative({ pythonWheel: file, host }));
  assert.is(error.code, "NATIVE_WHEEL_UNREADABLE");
  assert.is(
    error.message,
    `${file} is damaged, or holds no TensorFlow libraries. ` +
      "Download it again: pip download --no-deps tensorflow-cpu",
  );
});

test("a folder in the place of a wheel is no wheel", async () => {
  const pythonWheel = join(folderWith({ [`${WHEEL}/file`]: "" }), WHEEL);
  const error = await failure(buildNative({ pythonWheel, host: bareHost({ CXX: compilerThat("exit 1") }) }));
  assert.is(error.code, "NATIVE_WHEEL_MISSING");
});

for (const [what, damage] of [
  ["changed", (wheel: Buffer) => wheel.fill(0xff, 62, 70)],
  ["cut out", (wheel: Buffer) => Buffer.concat([wheel.subarray(0, 62), wheel.subarray(92)])],
] as const)
  test(`a wheel of which something was ${what} leaves the libraries there that it would replace`, async () => {
    const name = "tensorflow/libtensorflow_cc.so.2";
    const host = bareHost({ CXX: compilerThat("exit 1") });
    const target = join(host.env["HOOKDICT_NATIVE"] ?? "", "tfjs-node-4.22.0-linux-x64");
    const library = join(target, "tensorflow-2.21.0", name);
    mkdirSync(dirname(library), { recursive: true });
    writeFileSync(library, "present");
    const wheel = zip({ [name]: "library ".repeat(1000) });
    const pythonWheel = join(folderWith({ [WHEEL]: damage(wheel) }), WHEEL);
    const error = await failure(buildNative({ pythonWheel, host }));
    assert.is(error.code, "NATIVE_WHEEL_UNREADABLE");
    assert.is(readFileSync(library, "utf8"), "present");
    assert.equal(readdirSync(dirname(library)), ["libtensorflow_cc.so.2"]);
  });

for (const name of [
  "tensorflow/include/tsl/../../../../outside",
  "../outside",
  "/outside",
  "tensorflow/include/tsl/..\\..\\outside",
  "C:/outside",
  "tensorflow/include/tsl/./outside",
  "tensorflow/include/tsl//outside",
  "tensorflow/include/tsl/out\0side",
  "tensorflow/include/tsl/out\u001b[31mside",
])
  test(`a wheel that would write to ${JSON.stringify(name)} is refused, and nothing of it is used`, async () => {
    const file = join(folderWith({ [WHEEL]: zip({ ...emptyTensorFlow, [name]: "evil" }) }), WHEEL);
    const host = bareHost({ CXX: compilerThat("exit 1") });
    const error = await failure(buildNative({ pythonWheel: file, host }));
    assert.is(error.code, "NATIVE_WHEEL_UNSAFE");
    assert.is(
      error.message,
      `${file} would write outside its folder, or through a link: it holds ${JSON.stringify(name)}. ` +
        "Nothing of it was used. No wheel of TensorFlow does that. " +
        "Take another one: pip download --no-deps tensorflow-cpu",
    );
    assert.equal(readdirSync(host.env["HOOKDICT_NATIVE"] ?? ""), []);
  });

test("a wheel that holds a link is refused", async () => {
  const [first = ""] = Object.keys(emptyTensorFlow);
  const wheel = zip({ [first]: "/etc/passwd" }, 0xa1ff);
  const file = join(folderWith({ [WHEEL]: wheel }), WHEEL);
  const host = bareHost({ CXX: compilerThat("exit 1") });
  const { code, fields } = await failure(buildNative({ pythonWheel: file, host }));
  assert.equal([code, fields["entry"]], ["NATIVE_WHEEL_UNSAFE", first]);
});

test("nothing is written through a link that lies where a wheel is unpacked", async () => {
  const [outside, host] = [folderWith(), bareHost({ CXX: compilerThat("exit 1") })];
  const target = join(host.env["HOOKDICT_NATIVE"] ?? "", "tfjs-node-4.22.0-linux-x64", "tensorflow-2.21.0");
  mkdirSync(join(target, "tensorflow"), { recursive: true });
  symlinkSync(outside, join(target, "tensorflow", "include"));
  const file = join(folderWith({ [WHEEL]: zip(emptyTensorFlow) }), WHEEL);
  assert.is((await failure(buildNative({ pythonWheel: file, host }))).code, "NATIVE_WHEEL_UNSAFE");
  assert.equal(readdirSync(outside), []);
});

test("an entry that unpacks to more than it says is cut off", async () => {
  const name = "tensorflow/libtensorflow_cc.so.2";
  const wheel = zip({ [name]: "library ".repeat(1000) });
  const at = wheel.indexOf("PK\x01\x02");
  wheel.writeUInt32LE(10, at + 24);
  const file = join(folderWith({ [WHEEL]: wheel }), WHEEL);
  const host = bareHost({ CXX: compilerThat("exit 1") });
  assert.is((await failure(buildNative({ pythonWheel: file, host }))).code, "NATIVE_WHEEL_UNREADABLE");
});

test("a wheel's libraries and headers are taken out, and nothing else", async () => {
  const wheel = zip({
    ...emptyTensorFlow,
    "tensorflow/libtensorflow_cc.so.2": "library ".repeat(1000),
    "tensorflow/include/tsl/platform/": "",
    "tensorflow/python/ops.py": "pass",
  });
  const file = join(folderWith({ [WHEEL]: wheel }), WHEEL);
  const host = bareHost({ CXX: compilerThat("exit 1") });
  assert.is((await failure(buildNative({ pythonWheel: file, host }))).code, "NATIVE_COMPILE_FAILED");
  const target = join(host.env["HOOKDICT_NATIVE"] ?? "", "tfjs-node-4.22.0-linux-x64", "tensorflow-2.21.0");
  const library = readFileSync(join(target, "tensorflow", "libtensorflow_cc.so.2"), "utf8");
  assert.is(library, "library ".repeat(1000));
  assert.throws(() => readFileSync(join(target, "tensorflow", "python", "ops.py")), /ENOENT/);
});

test("arm64's wheel of TensorFlow 2.15 comes with the library of OpenMP that it was linked with", async () => {
  const name = "tensorflow_cpu_aws-2.15.1-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl";
  const wheel = zip({ ...emptyTensorFlow, "tensorflow_cpu_aws.libs/libomp-54bf90fd.so.5": "OpenMP" });
  const file = join(folderWith({ [name]: wheel }), name);
  const host = { ...bareHost({ CXX: compilerThat("exit 1") }), arch: "arm64" };
  assert.is((await failure(buildNative({ pythonWheel: file, host }))).code, "NATIVE_COMPILE_FAILED");
  const target = join(host.env["HOOKDICT_NATIVE"] ?? "", "tfjs-node-4.22.0-linux-arm64", "tensorflow-2.15.1");
  assert.is(readFileSync(join(target, "tensorflow_cpu_aws.libs", "libomp-54bf90fd.so.5"), "utf8"), "OpenMP");
});

const MAC_WHEEL = "tensorflow-2.21.0-cp311-cp311-macosx_12_0_arm64.whl";

test("a wheel for Macs gives its libraries, too", async () => {
  const libraries = ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"].map(
    (name) => [`tensorflow/${name}`, "library"] as const,
  );
  const wheel = zip({ ...emptyTensorFlow, ...Object.fromEntries(libraries) });
  const pythonWheel = join(folderWith({ [MAC_WHEEL]: wheel }), MAC_WHEEL);
  const host = bareMac({ CXX: compilerThat("exit 1") });
  const { code, fields } = await failure(buildNative({ pythonWheel, host }));
  assert.is(code, "NATIVE_COMPILE_FAILED");
  const target = join(
    host.env["HOOKDICT_NATIVE"] ?? "",
    "tfjs-node-4.22.0-darwin-arm64",
    "tensorflow-2.21.0",
  );
  const linked = libraries.map(([name]) => join(target, name)).join(" ");
  assert.ok(String(fields["command"]).endsWith(linked));
});

test.run();
