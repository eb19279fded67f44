import { parseArgs } from "node:util";
import { BackendError } from "../error.ts";
import { checkWords } from "./arguments.ts";
import { buildNative } from "./build.node.ts";
import { commandUnknown } from "./errors.ts";
import { examineBackends, formatExamination } from "./examine.node.ts";
import { type Host, thisHost } from "./host.node.ts";

const USAGE = `hookdict-backends build [--gpu] [--tensorflow DIR] [--python-wheel FILE]
    builds the addon of the installed @tensorflow/tfjs-node (with --gpu: @tensorflow/tfjs-node-gpu) against a TensorFlow
    that is already there: an installed Python package, the folder of --tensorflow, or the wheel of --python-wheel
hookdict-backends doctor
    prints which backends run here, why the others do not, and which one loadBackend() takes`;

/** How a command ended, and what it has to say. */
export interface CommandLineResult {
  readonly code: number;
  /** For standard output. */
  readonly output: string;
  /** For standard error. */
  readonly problems: string;
}

/**
 * Runs the command line of `hookdict-backends`; prints nothing itself.
 *
 * @throws BackendError `NATIVE_ARGUMENT`.
 */
export async function runCommandLine(
  args: readonly string[],
  host: Host = thisHost,
): Promise<CommandLineResult> {
  checkWords(args);
  try {
    return { code: 0, output: await run(args, host), problems: "" };
  } catch (error) {
    if (error instanceof BackendError) return { code: 1, output: "", problems: error.message };
    throw error;
  }
}

async function run(args: readonly string[], host: Host): Promise<string> {
  const [command, ...rest] = args;
  if (command === undefined || command === "help" || command === "--help") return USAGE;
  if (command === "build") return await build(rest, host);
  if (command === "doctor" && rest.length === 0) return formatExamination(examineBackends());
  throw commandUnknown(args, USAGE);
}

async function build(args: readonly string[], host: Host): Promise<string> {
  const built = await buildNative({ ...readBuildOptions(args), host });
  const { version, folder } = built.tensorflow;
  return [
    `built ${built.addon}`,
    `against TensorFlow ${version} in ${folder}${built.gpu ? ", which uses a GPU" : ""}`,
  ].join("\n");
}

function readBuildOptions(args: readonly string[]): {
  gpu: boolean;
  tensorflow?: string;
  pythonWheel?: string;
} {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        gpu: { type: "boolean", default: false },
        tensorflow: { type: "string" },
        "python-wheel": { type: "string" },
      },
    });
    return {
      gpu: values.gpu,
      ...(values.tensorflow === undefined ? {} : { tensorflow: values.tensorflow }),
      ...(values["python-wheel"] === undefined ? {} : { pythonWheel: values["python-wheel"] }),
    };
  } catch {
    throw commandUnknown(["build", ...args], USAGE);
  }
}
