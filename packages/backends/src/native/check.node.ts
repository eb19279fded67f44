import { checkFailed } from "./errors.ts";
import { type Host, runProgram } from "./host.node.ts";

/** What a working addon says of itself. */
export interface Checked {
  /** TensorFlow's version. */
  readonly version: string;
  readonly gpu: boolean;
}

// Runs in a process of its own, because an addon that does not fit may end the process that loads it.
const PROGRAM = `
const tf = require(process.argv[1]);
const x = tf.createTensor([2, 2], tf.TF_FLOAT, Float32Array.of(1, 2, 3, 4));
const flag = (name) => ({ name, type: tf.TF_ATTR_BOOL, value: false });
const type = { name: "T", type: tf.TF_ATTR_TYPE, value: tf.TF_FLOAT };
const [product] = tf.executeOp("MatMul", [flag("transpose_a"), flag("transpose_b"), type], [x, x], 1);
const values = Array.from(tf.tensorDataSync(product.id)).join(" ");
console.log(JSON.stringify({ version: tf.TF_Version, gpu: tf.isUsingGpuDevice(), values }));
`;

const PRODUCT = [1 * 1 + 2 * 3, 1 * 2 + 2 * 4, 3 * 1 + 4 * 3, 3 * 2 + 4 * 4].join(" ");

/**
 * Loads an addon in a process of its own and multiplies two matrices with it.
 *
 * @throws BackendError `NATIVE_CHECK_FAILED` with what the process said.
 */
export function checkAddon(addon: string, host: Host): Checked {
  const env = { ...host.env, TF_CPP_MIN_LOG_LEVEL: "2" };
  const outcome = runProgram({ ...host, env }, process.execPath, ["-e", PROGRAM, addon]);
  if (outcome?.code !== 0) throw checkFailed(explain(outcome?.stderr ?? ""));
  const answer = JSON.parse(outcome.stdout) as Checked & { values: string }; // printed by PROGRAM
  if (answer.values !== PRODUCT) throw checkFailed(`its product of two matrices is ${answer.values}`);
  return { version: answer.version, gpu: answer.gpu };
}

/** The line that names the error, otherwise the last one. */
function explain(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Node.js v"));
  return (lines.find((line) => /^\w*Error: /.test(line)) ?? lines.at(-1) ?? "it said nothing").trim();
}
