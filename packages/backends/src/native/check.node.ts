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
const [, addon, kernels] = process.argv;
const tf = require(addon);
const x = tf.createTensor([2, 2], tf.TF_FLOAT, Float32Array.of(1, 2, 3, 4));
const read = ({ id }) => Array.from(tf.tensorDataSync(id)).join(" ");
const flag = (name) => ({ name, type: tf.TF_ATTR_BOOL, value: false });
const type = { name: "T", type: tf.TF_ATTR_TYPE, value: tf.TF_FLOAT };
const [product] = tf.executeOp("MatMul", [flag("transpose_a"), flag("transpose_b"), type], [x, x], 1);
const answer = { version: tf.TF_Version, gpu: tf.isUsingGpuDevice(), product: read(product) };
if (!answer.gpu) {
  require(kernels);
  const twice = { name: "scale", type: tf.TF_ATTR_FLOAT, value: 2 };
  const heads = { name: "heads", type: tf.TF_ATTR_INT, value: 0 };
  answer.sum = read(tf.executeOp("HookdictScaleAdd", [twice, heads], [product.id, x], 1)[0]);
}
console.log(JSON.stringify(answer));
`;

const PRODUCT = [1 * 1 + 2 * 3, 1 * 2 + 2 * 4, 3 * 1 + 4 * 3, 3 * 2 + 4 * 4];
const SUM = PRODUCT.map((value, i) => 2 * value + (i + 1));

/**
 * Loads an addon in a process of its own and multiplies two matrices with it; where it computes on the processor, it scales
 * them and adds them with the library of our own operations as well.
 *
 * @throws BackendError `NATIVE_CHECK_FAILED` with what the process said.
 */
export function checkAddon(addon: string, kernels: string, host: Host): Checked {
  const env = { ...host.env, TF_CPP_MIN_LOG_LEVEL: "2" };
  const outcome = runProgram({ ...host, env }, process.execPath, ["-e", PROGRAM, addon, kernels]);
  if (outcome?.code !== 0) throw checkFailed(explain(outcome?.stderr ?? ""));
  const { version, gpu, product, sum } = JSON.parse(outcome.stdout) as Answer; // printed by PROGRAM
  if (product !== PRODUCT.join(" ")) throw checkFailed(`its product of two matrices is ${product}`);
  if (!gpu && sum !== SUM.join(" ")) throw checkFailed(`its sum of two matrices is ${sum}`);
  return { version, gpu };
}

interface Answer extends Checked {
  readonly product: string;
  readonly sum?: string;
}

/** The line that names the error, otherwise the last one. */
function explain(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Node.js v"));
  return (lines.find((line) => /^\w*Error: /.test(line)) ?? lines.at(-1) ?? "it said nothing").trim();
}
