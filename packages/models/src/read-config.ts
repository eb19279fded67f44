import { isHookdictError } from "@hookdict/tensordict";
import { type DirectoryLocation, type openDirectory, readJson } from "@hookdict/tensordict/io";
import { modelNotFound } from "./errors.ts";

/** A name as models have it on the hub, such as `gpt2` or `EleutherAI/pythia-70m`; it may be a path as well. */
const HUB_NAME = /^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/;

/**
 * The config.json of a directory.
 *
 * @throws FormatError `MODEL_NOT_FOUND` where there is none, and the location looks like a model's name; otherwise
 * `FILE_NOT_FOUND`, `JSON_*`.
 */
export async function readConfig(
  location: DirectoryLocation,
  directory: ReturnType<typeof openDirectory>,
  file = "config.json",
): Promise<unknown> {
  try {
    return await readJson(directory, file);
  } catch (error) {
    const isMissing = isHookdictError(error) && error.code === "FILE_NOT_FOUND";
    if (!isMissing || typeof location !== "string" || !HUB_NAME.test(location)) throw error;
    throw modelNotFound(location, file, error);
  }
}
