/** Round numbers within an interval, about so many: 1, 2 or 5 times a power of ten apart. */
export function ticks(low: number, high: number, count: number): readonly number[] {
  if (!(high > low && count > 0)) return low === high ? [low] : [];
  const wanted = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(wanted));
  // As d3 does: the step whose logarithm is nearest.
  const rest = wanted / power;
  const step = power * (rest >= Math.sqrt(50) ? 10 : rest >= Math.sqrt(10) ? 5 : rest >= Math.SQRT2 ? 2 : 1);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toFixed(Math.min(100, digits))),
  );
}
