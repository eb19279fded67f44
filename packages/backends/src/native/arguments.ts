import { argumentInvalid } from "./errors.ts";

// What callers of plain JavaScript may give in place of what the types say.

const BUILD_OPTIONS: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  gpu: ["true or false", (value) => typeof value === "boolean"],
  tensorflow: ["the path of a folder", isText],
  pythonWheel: ["the path of a wheel", isText],
  project: ["the path of a folder", isText],
  host: ["a machine: { platform, arch, env }", isHost],
};

/** @throws BackendError `NATIVE_ARGUMENT`. */
export function checkBuildOptions(options: unknown): void {
  if (!isRecord(options)) throw argumentInvalid("buildNative", "an object of options, or nothing", options);
  for (const [name, value] of Object.entries(options)) {
    const [wanted, accepts] = (Object.hasOwn(BUILD_OPTIONS, name) && BUILD_OPTIONS[name]) || [];
    if (wanted === undefined || accepts === undefined)
      throw argumentInvalid("buildNative", `options of ${Object.keys(BUILD_OPTIONS).join(", ")}`, name);
    if (value !== undefined && !accepts(value)) throw argumentInvalid(`buildNative's ${name}`, wanted, value);
  }
}

/** @throws BackendError `NATIVE_ARGUMENT`. */
export function checkPackageName(name: unknown): void {
  const names = ["@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"];
  if (!names.includes(name as string)) throw argumentInvalid("findBuild", names.join(" or "), name);
}

/** @throws BackendError `NATIVE_ARGUMENT`. */
export function checkWords(args: unknown): void {
  if (!Array.isArray(args) || !args.every((each) => typeof each === "string"))
    throw argumentInvalid("runCommandLine", 'the words of a command, such as ["doctor"]', args);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isHost(value: unknown): boolean {
  return isRecord(value) && isText(value["platform"]) && isText(value["arch"]) && isRecord(value["env"]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
