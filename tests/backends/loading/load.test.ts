import { spawnSync } from "node:child_process";
import { type BackendError, loadBackend } from "@hookdict/backends";
import { runCommandLine } from "@hookdict/backends/native";
import { assert, suite } from "../../gate/suite.ts";
import { bareHost, compilerThat, failure, folderWith } from "../../support/native.ts";

const test = suite("loading the native backend, and its command line");

const original = process.env["HOOKDICT_NATIVE"];
test.after.each(() => {
  if (original === undefined) delete process.env["HOOKDICT_NATIVE"];
  else process.env["HOOKDICT_NATIVE"] = original;
});

function throwCause(error: unknown): never {
  throw (error as BackendError).cause; // a forced backend that fails has one
}

test("an addon that was not built fails loudly when it is forced", async () => {
  process.env["HOOKDICT_NATIVE"] = folderWith();
  const error = await failure(loadBackend({ backend: "tfjs-node" }));
  assert.is(error.code, "BACKEND_FAILED");
  assert.is(
    error.message,
    'loadBackend asks for the backend "tfjs-node", which could not be loaded: ' +
      "@tensorflow/tfjs-node 4.22.0 is installed, but its addon is not built. " +
      "Type: npx hookdict-backends build. " +
      "Install what it needs, or ask for none to get the best one that works here.",
  );
});

test("the flag for the GPU's addon is named", async () => {
  process.env["HOOKDICT_NATIVE"] = folderWith();
  const error = await failure(loadBackend({ backend: "tfjs-node-gpu" }).catch(throwCause));
  assert.is(error.code, "NATIVE_NOT_BUILT");
  assert.is(
    error.message,
    "@tensorflow/tfjs-node-gpu 4.22.0 is installed, but its addon is not built. " +
      "Type: npx hookdict-backends build --gpu",
  );
});

test("a Mac is not asked to install what needs an NVIDIA card", () => {
  const mac = 'Object.defineProperty(process, "platform", { value: "darwin" })';
  const flags = [...process.execArgv, "--import", `data:text/javascript,${mac}`, "--input-type=module"];
  const program = `
    import { loadBackend } from "@hookdict/backends";
    const { cause } = await loadBackend({ backend: "tfjs-node-gpu" }).catch((error) => error);
    console.log(cause.code);`;
  const { stdout } = spawnSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" });
  assert.is(stdout, "NATIVE_GPU_PLATFORM\n");
});

// "NATIVE_COMMAND"
test("a command that does not exist is answered with those that do, on standard error", async () => {
  const { output: usage } = await runCommandLine(["help"]);
  for (const args of [["buidl"], ["doctor", "--fast"]])
    assert.equal(await runCommandLine(args), {
      code: 1,
      output: "",
      problems: `hookdict-backends does not know "${args.join(" ")}". Type one of:\n${usage}`,
    });
});

test("a flag that does not exist is an error with the command's code", async () => {
  const { code, problems } = await runCommandLine(["build", "--tensorfow", "x"]);
  assert.is(code, 1);
  assert.match(problems, /^hookdict-backends does not know "build --tensorfow x"\. Type one of:\n/);
});

test("the command line gives its flags to the build", async () => {
  const host = bareHost({ CXX: compilerThat("exit 1") });
  const { code, problems } = await runCommandLine(["build", "--gpu", "--tensorflow", "/nowhere"], host);
  assert.is(code, 1);
  assert.match(
    problems,
    /^\/nowhere holds no complete TensorFlow: missing \/nowhere\/libtensorflow_cc\.so\.2, /,
  );
});

test.run();
