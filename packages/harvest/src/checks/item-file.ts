/** The file of an item's record or note: at most 10^6 items, so names sort as items do. */
export function itemFile(item: number): string {
  return `${String(item).padStart(6, "0")}.json`;
}

/** The item of a file's name; `undefined` for a name of something else. */
export function itemOf(name: string): number | undefined {
  const digits = /^(\d{6})\.json$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
