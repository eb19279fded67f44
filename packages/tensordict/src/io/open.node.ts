import { constants, type FileHandle, open } from "node:fs/promises";

/** Windows has no such flag, and no pipes among its files. */
const AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens what is at a path for reading without waiting: of a named pipe that nobody writes to, Node would wait for ever, and
 * four of them hold up every other file.
 *
 * @throws what Node does, and an Error for what is no file (a folder, a pipe, a device)
 */
export async function openToRead(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  const handle = await open(path, AT_ONCE);
  const stat = await handle.stat();
  if (stat.isFile()) return { handle, size: stat.size };
  await handle.close();
  throw new Error("it is not a file");
}
