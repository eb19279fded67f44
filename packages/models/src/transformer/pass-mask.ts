/** What a pass knows of the layers that look back equally far. */
export interface PassMask {
  /** 0 where a query sees a key, -Infinity elsewhere. */
  readonly values: Float32Array;
  /** `[dest, src]` where rows are alike, otherwise `[batch, 1, dest, src]`. */
  readonly shape: number[];
  /** Position of every key in its row, `[batch * src]`; 0 on padding. */
  readonly positions: Int32Array;
}

/** The position of a column that is padding. */
export const PADDING = -1;

/**
 * What the queries of a pass see.
 *
 * @param rows Position of every column of every row, those of the pass counted.
 * @param begin The first column of the pass.
 * @param slots Columns of the keys, `[src]`.
 */
export function passMask(
  rows: readonly (readonly number[])[],
  begin: number,
  slots: readonly number[],
  window: number = Infinity,
): PassMask {
  const isPadded = rows.some((row) => row.includes(PADDING));
  const distinct = isPadded ? rows : rows.slice(0, 1);
  const end = rows[0]?.length ?? 0;
  const shape = [...(isPadded ? [rows.length, 1] : []), end - begin, slots.length];
  const values = new Float32Array(distinct.length * (end - begin) * slots.length).fill(-Infinity);
  let at = 0;
  for (const row of distinct) {
    for (let dest = begin; dest < end; dest++) {
      for (const src of slots) {
        const isSeen = src >= 0 && src <= dest && src > dest - window && row[src] !== PADDING;
        if (isSeen || src === dest) values[at] = 0; // padding sees itself: a row of nothing would be NaN
        at++;
      }
    }
  }
  const positions = Int32Array.from(rows.flatMap((row) => slots.map((src) => Math.max(0, row[src] ?? 0))));
  return { values, shape, positions };
}

/** The rows with columns of a further pass, and positions of these, 0 on padding, `[batch * pos]`. */
export function extendedRows(
  earlier: readonly (readonly number[])[],
  batch: number,
  pos: number,
  mask: ArrayLike<number> | undefined,
): [readonly (readonly number[])[], Int32Array] {
  const positions = new Int32Array(batch * pos);
  const rows = Array.from({ length: batch }, (_, row) => {
    const columns = [...(earlier[row] ?? [])];
    let next = columns.reduce((most, each) => Math.max(most, each), -1) + 1;
    for (let at = row * pos; at < (row + 1) * pos; at++) {
      const isToken = mask === undefined || mask[at] !== 0;
      if (isToken) positions[at] = next;
      columns.push(isToken ? next++ : PADDING);
    }
    return columns;
  });
  return [rows, positions];
}
