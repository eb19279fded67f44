import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../../gate/suite.ts";
import { build } from "../support/processes.ts";

const test = suite("what harvest does without");

test.before(build);

const here = fileURLToPath(new URL(".", import.meta.url));

/** Runs a module here, and gives what it writes. */
function run(code: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: here,
    encoding: "utf8",
  });
  return stdout + stderr;
}

test("a queue without its library says what to install", () => {
  const missing =
    'export async function resolve(name, context, next) { if (name === "bullmq") throw new Error("gone"); return next(name, context); }';
  const written = run(`
    import { register } from "node:module";
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(missing)}`)});
    const { bullmqQueue } = await import("@hookdict/harvest/bullmq");
    await bullmqQueue({ connection: "redis://127.0.0.1" }).open("a".repeat(64)).catch((error) => console.log(error.code, error.message));
  `);
  const [code, ...words] = written.trim().split(" ");
  assert.equal(
    [code, words.join(" ")],
    ["QUEUE_PEER", "Queues need bullmq, which is not installed. npm install bullmq"],
  );
});

test.run();
