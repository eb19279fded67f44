/** Not in lib.dom. */
type Handle =
  | { readonly kind: "file"; getFile(): Promise<File> }
  | { readonly kind: "directory"; values(): AsyncIterable<Handle> };
type Dropped = DataTransferItem & { getAsFileSystemHandle?(): Promise<Handle | null> };

/** The files that were dropped, and those in folders that were: folders are no files. */
export async function filesOf(dropped: DataTransfer | null): Promise<readonly File[]> {
  // Asked for at once: when the event is over, what was dropped is gone.
  const items = [...(dropped?.items ?? [])].filter(({ kind }) => kind === "file") as Dropped[];
  const files = [...(dropped?.files ?? [])];
  const found = items.map((item) => {
    if (item.getAsFileSystemHandle !== undefined) return item.getAsFileSystemHandle().then(ofHandle);
    const entry = item.webkitGetAsEntry();
    return entry === null ? Promise.resolve([]) : ofEntry(entry);
  });
  return items.length === 0 ? files : (await Promise.all(found)).flat();
}

/** The files that were chosen; of a folder, which is given with all that is in it, those that are not in its folders. */
export const chosenFiles = (files: FileList | null): readonly File[] =>
  [...(files ?? [])].filter(({ webkitRelativePath }) => webkitRelativePath.split("/").length <= 2);

/** What is in a folder, but not in its folders: a model's files stand beside each other. */
async function ofHandle(handle: Handle | null): Promise<readonly File[]> {
  if (handle === null) return [];
  if (handle.kind === "file") return [await handle.getFile()];
  const files: File[] = [];
  for await (const each of handle.values()) if (each.kind === "file") files.push(await each.getFile());
  return files;
}

/** The same where there are no handles; pages that were opened from a disk are refused these in Chromium. */
async function ofEntry(entry: FileSystemEntry): Promise<readonly File[]> {
  if (entry.isFile)
    return [
      await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    ];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  // A reader gives some at a time, and none when it is done.
  for (;;) {
    const some = await new Promise<readonly FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.filter(({ isFile }) => isFile).map(ofEntry))).flat();
}
