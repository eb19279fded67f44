import { join, relative, resolve } from "node:path";
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

const test = suite("building the native backend: what may be missing");

test("Windows is not covered, and is told what to do instead", async () => {
  const host = { platform: "win32", arch: "x64", env: {} };
  const error = await failure(buildNative({ host }));
  assert.is(error.code, "NATIVE_PLATFORM");
  assert.is(
    error.message,
    "The native backend cannot be built for win32 on x64. Linux and macOS on x64 and arm64 are covered. " +
      "On Windows build it in WSL, or use the wasm backend, which needs no build.",
  );
});

test("no Mac has an NVIDIA card, and is told what uses the one it has", async () => {
  const error = await failure(buildNative({ gpu: true, host: bareMac() }));
  assert.is(error.code, "NATIVE_GPU_PLATFORM");
  assert.is(
    error.message,
    "@tensorflow/tfjs-node-gpu needs an NVIDIA card, and no TensorFlow for macOS uses one. " +
      "A Mac's processor is used by @tensorflow/tfjs-node (npx hookdict-backends build), " +
      "its graphics card by webgpu (npm install webgpu).",
  );
});

test("a project without tfjs-node is told how to install it", async () => {
  const project = folderWith();
  const error = await failure(buildNative({ project, host: bareHost() }));
  assert.is(error.code, "NATIVE_PACKAGE_MISSING");
  assert.is(
    error.message,
    `@tensorflow/tfjs-node is not installed in ${project}. ` +
      "Type: npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0",
  );
});

test("without a compiler, those that were tried are named", async () => {
  const error = await failure(buildNative({ host: bareHost() }));
  assert.is(error.code, "NATIVE_COMPILER_MISSING");
  assert.is(
    error.message,
    "No C++ compiler runs here: tried g++, clang++, c++. " +
      "Type: apt-get install g++ (or the like), or name one in the variable CXX.",
  );
});

test("on a Mac, the command that brings a compiler is Apple's", async () => {
  const error = await failure(buildNative({ host: { ...bareHost(), platform: "darwin" } }));
  assert.is(
    error.message,
    "No C++ compiler runs here: tried g++, clang++, c++. " +
      "Type: xcode-select --install (or the like), or name one in the variable CXX.",
  );
});

test("a Mac without a compiler is told how to get Apple's", async () => {
  const error = await failure(buildNative({ host: bareMac() }));
  assert.is(error.hint, "Type: xcode-select --install (or the like), or name one in the variable CXX.");
});

test("a compiler that CXX names and that does not run is not replaced by another", async () => {
  const error = await failure(buildNative({ host: bareHost({ CXX: "/nowhere/cxx" }) }));
  assert.equal(error.fields["tried"], ["/nowhere/cxx"]);
});

test("without a TensorFlow, everyone who was asked is named", async () => {
  const host = bareHost({ CXX: compilerThat("exit 1"), PYTHON: "/nowhere/python" });
  const error = await failure(buildNative({ host }));
  assert.is(error.code, "NATIVE_TENSORFLOW_MISSING");
  assert.is(
    error.message,
    "No TensorFlow was found: asked /nowhere/python, python3, python, /usr/local, /usr, /nowhere. " +
      "Type: pip install tensorflow-cpu, or name one with --tensorflow DIR, " +
      "or take a wheel with: pip download --no-deps tensorflow-cpu, and --python-wheel FILE.",
  );
});

test("a Mac without a TensorFlow is told of the package that exists for it", async () => {
  const host = bareMac({ CXX: compilerThat("exit 1") });
  const { code, hint } = await failure(buildNative({ host }));
  assert.is(code, "NATIVE_TENSORFLOW_MISSING");
  assert.is(
    hint,
    "Type: pip install tensorflow, or name one with --tensorflow DIR, " +
      "or take a wheel with: pip download --no-deps tensorflow, and --python-wheel FILE.",
  );
});

test("who builds for a graphics card without a TensorFlow is told of the one with CUDA", async () => {
  const host = bareHost({ CXX: compilerThat("exit 1") });
  const { code, hint } = await failure(buildNative({ gpu: true, host }));
  assert.is(code, "NATIVE_TENSORFLOW_MISSING");
  assert.is(
    hint,
    "Type: pip install 'tensorflow[and-cuda]', or name one with --tensorflow DIR, " +
      "or take a wheel with: pip download --no-deps tensorflow, and --python-wheel FILE.",
  );
});

const HEADERS = Object.fromEntries(
  Object.entries(emptyTensorFlow)
    .filter(([name]) => name.endsWith(".h"))
    .map(([name, content]) => [name.replace("tensorflow/", ""), content]),
);

test("Homebrew's libtensorflow is found, which is one library and not two", async () => {
  const brew = folderWith({ ...HEADERS, "lib/libtensorflow.2.dylib": "" });
  const host = bareMac({ CXX: compilerThat("exit 1"), HOMEBREW_PREFIX: brew });
  const { code, fields } = await failure(buildNative({ host }));
  assert.is(code, "NATIVE_COMPILE_FAILED");
  const command = String(fields["command"]);
  assert.ok(command.includes(" -undefined dynamic_lookup "));
  assert.ok(command.endsWith(` -Xlinker -rpath -Xlinker ${brew}/lib ${brew}/lib/libtensorflow.2.dylib`));
});

test("an unpacked libtensorflow of two libraries is linked with both", async () => {
  const files = { "lib/libtensorflow.so.2": "", "lib/libtensorflow_framework.so.2": "" };
  const tensorflow = folderWith({ ...HEADERS, ...files });
  const host = bareHost({ CXX: compilerThat("exit 1") });
  const { fields } = await failure(buildNative({ tensorflow, host }));
  const libraries = Object.keys(files).map((name) => join(tensorflow, name));
  assert.ok(String(fields["command"]).endsWith(` ${libraries.join(" ")}`));
});

test("a folder that lacks some of TensorFlow is told all that it lacks", async () => {
  const { "tensorflow/include/tensorflow/c/c_api.h": _, ...rest } = emptyTensorFlow;
  const { "tensorflow/libtensorflow_framework.so.2": __, ...files } = rest;
  const tensorflow = folderWith(files);
  const host = bareHost({ CXX: compilerThat("exit 1") });
  const error = await failure(buildNative({ tensorflow, host }));
  const inside = join(tensorflow, "tensorflow");
  assert.is(error.code, "NATIVE_TENSORFLOW_INCOMPLETE");
  assert.is(
    error.message,
    `${tensorflow} holds no complete TensorFlow: missing ${inside}/libtensorflow_framework.so.2, ` +
      `${inside}/include/tensorflow/c/c_api.h. ` +
      "Give the folder of an unpacked libtensorflow, or the tensorflow folder of a Python package.",
  );
});

test("a folder that cannot be written to is named, and the variable for another", async () => {
  const HOOKDICT_NATIVE = join(folderWith({ file: "" }), "file");
  const host = bareHost({ CXX: compilerThat("exit 1"), HOOKDICT_NATIVE });
  const error = await failure(buildNative({ tensorflow: folderWith(emptyTensorFlow), host }));
  const target = join(HOOKDICT_NATIVE, "tfjs-node-4.22.0-linux-x64");
  assert.is(error.code, "NATIVE_FOLDER");
  assert.is(
    error.message,
    `The addon cannot be built in ${target}: ENOTDIR: not a directory, mkdir '${target}'. ` +
      "Make that folder writable and make room in it, or name another one in the variable HOOKDICT_NATIVE.",
  );
});

test("what the compiler says is passed on", async () => {
  const CXX = compilerThat('echo "fatal error: no such thing" >&2; exit 1');
  const tensorflow = folderWith(emptyTensorFlow);
  const error = await failure(buildNative({ tensorflow, host: bareHost({ CXX }) }));
  assert.is(error.code, "NATIVE_COMPILE_FAILED");
  assert.is(
    error.message,
    `The compiler failed:\nfatal error: no such thing\nIt was called as ${String(error.fields["command"])}. ` +
      "It must know C++17, and the headers and libraries must be of one TensorFlow.",
  );
});

test("an addon that does not load is refused with the reason, and nothing is installed", async () => {
  const host = bareHost({ CXX: compilerThat('echo "no addon" > "$target"') });
  const error = await failure(buildNative({ tensorflow: folderWith(emptyTensorFlow), host }));
  assert.is(error.code, "NATIVE_CHECK_FAILED");
  assert.match(String(error.fields["reason"]), /^Error: .*tfjs_binding\.node/);
  assert.is(
    error.message,
    `The addon was built, but does not work: ${String(error.fields["reason"])}. ` +
      "TensorFlow's libraries must be for this system and processor; " +
      "name others with --tensorflow DIR or --python-wheel FILE.",
  );
});

test("HOOKDICT_NATIVE may be given relative to the working directory", async () => {
  const CXX = compilerThat("exit 1");
  const HOOKDICT_NATIVE = relative(process.cwd(), folderWith());
  const tensorflow = folderWith(emptyTensorFlow);
  const { fields } = await failure(buildNative({ tensorflow, host: bareHost({ CXX, HOOKDICT_NATIVE }) }));
  assert.ok(String(fields["command"]).includes(` -o ${resolve(HOOKDICT_NATIVE)}/`));
});

test.run();
