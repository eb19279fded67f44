/** How many rows and columns become one, powers of two, so that at most so many cells stay: the longer side first. */
export function levelFor(rows: number, cols: number, most: number): readonly [number, number] {
  let [down, across] = [1, 1];
  for (;;) {
    const [high, wide] = [Math.ceil(rows / down), Math.ceil(cols / across)];
    if (high * wide <= most || high * wide <= 1) return [down, across];
    if (high > wide) down *= 2;
    else across *= 2;
  }
}
