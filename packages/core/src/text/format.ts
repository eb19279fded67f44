/** Lines of one screen. */
export const LINES = 30;

/**
 * Bytes with a unit, to three digits.
 *
 * @example
 * formatBytes(30720); // => "30.7 kB"
 */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? amount : Number(amount.toPrecision(3))} ${units[unit] ?? ""}`;
}
