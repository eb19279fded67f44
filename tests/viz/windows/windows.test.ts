import {
  attention,
  checkDescription,
  csvParts,
  describe,
  diverging,
  type Facets,
  fromJSON,
  jsonParts,
  type Matrix,
  overview,
  plainAxis,
  tokenAxis,
  toCSV,
  toSVG,
  toText,
  windowOf,
  type WindowRequest,
} from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("overviews and windows");
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** 2 layers of 3 heads over so many tokens: each number tells its layer, head, destination and source. */
function heads(count: number): ReturnType<typeof attention> {
  const each = count * count;
  const pattern = Float32Array.from({ length: 6 * each }, (_, i) => (i % each === 7 ? 1 : i / (6 * each)));
  return attention({ tokens: range(count).map((i) => ` t${i}`), heads: 3, pattern });
}

/** Rows by columns, with everything that a matrix can have beside its numbers. */
function large(rows: number, cols: number, values: Float32Array): ReturnType<typeof describe> {
  const cells = range(rows * cols);
  const block: Matrix = {
    block: "matrix",
    id: "m",
    rows: "row",
    cols: "col",
    scale: "s",
    values,
    low: cells.map((i) => -i),
    high: cells,
    text: cells.map(String),
    details: cells.map((i) => [["i", i]] as const),
    also: [{ name: "raw", values: cells }],
  };
  return describe({
    view: "v",
    title: "V",
    axes: [
      plainAxis("row", range(rows), { at: range(rows).map((i) => i + 100) }),
      tokenAxis("col", range(cols).map(String)),
    ],
    scales: { s: diverging([4], "s") },
    blocks: [block],
  });
}

const blockOf = <B>(d: { readonly blocks: readonly unknown[] }, i: number): B => d.blocks[i] as B;
const ask = (request: Partial<WindowRequest>): WindowRequest => ({
  block: "head",
  at: {},
  rows: [0, 2],
  cols: [0, 2],
  by: [1, 1],
  ...request,
});

test("what is small is whole: the same description, and no windows", () => {
  const d = heads(4);
  const { description, windows } = overview(d);
  assert.is(description, d);
  assert.equal(windows, []);
});

test("facets become thumbnails that keep the largest, and the matrix beside them can be asked for", () => {
  const d = heads(48);
  const { description, windows } = overview(d, { most: 6 * 16 * 16 });
  assert.equal(windows, ["head"]);
  const small = blockOf<Facets>(description, 0);
  assert.equal(small.size, [16, 16]);
  assert.is(small.values.length, 6 * 16 * 16);
  // Index 7 stands in the third column of thumbnails of 3 × 3.
  for (const facet of range(6)) assert.is(small.values[facet * 16 * 16 + 2], 1);
  assert.equal(small.measures, blockOf<Facets>(d, 0).measures);
  checkDescription(description);
  assert.match(toSVG(description), /each cell is the largest of 3 × 3/);
});

test("a window has the exact numbers of its part, of the facet that is asked for, and their coordinates", () => {
  const d = heads(48);
  const { block, axes } = windowOf(
    d,
    ask({ at: { layer: 1, head: 2, pos: 3 }, rows: [10, 12], cols: [20, 23] }),
  );
  const whole = blockOf<Facets>(d, 0).values;
  const at = (dest: number, src: number): number => whole[(5 * 48 + dest) * 48 + src] ?? Number.NaN;
  assert.equal([...block.values], [at(10, 20), at(10, 21), at(10, 22), at(11, 20), at(11, 21), at(11, 22)]);
  assert.equal(axes[block.rows]?.at, [10, 11]);
  assert.equal([axes[block.rows]?.name, axes[block.cols]?.name], ["dest", "src"]);
  assert.equal(axes[block.cols]?.labels, [" t20", " t21", " t22"]);
  assert.is(block.title, "to position 10 to 11 of 48, from position 20 to 22 of 48");
  assert.is(block.lower, false); // the diagonal is elsewhere
  assert.is(block.from, undefined);
});

test("a coarser window keeps the value farthest from the centre, with what stands beside it; NaN where there is no other", () => {
  const values = Float32Array.from({ length: 5 * 4 }, (_, i) => (i === 6 ? -4 : i < 4 ? Number.NaN : 1));
  values[16] = Number.NaN;
  values[17] = Number.NaN;
  const d = large(5, 4, values);
  const { block, axes } = windowOf(d, ask({ block: "m", rows: [0, 5], cols: [0, 4], by: [2, 2] }));
  assert.equal([...block.values], [1, -4, 1, 1, Number.NaN, 1]);
  assert.equal(block.text, ["4", "6", "8", "10", "16", "18"]);
  assert.equal(block.details?.[1], [["i", 6]]);
  assert.equal([...(block.low ?? [])], [-4, -6, -8, -10, -16, -18]);
  assert.equal([...(block.also?.[0]?.values ?? [])], [4, 6, 8, 10, 16, 18]);
  assert.equal(block.pooled, [2, 2]);
  assert.equal(axes[block.rows]?.at, [100, 102, 104]);
});

test("a large matrix by itself is pooled along its longer side, and is drawn as such", () => {
  const values = new Float32Array(4 * 200);
  values[3 * 200 + 77] = -4;
  const { description, windows } = overview(large(4, 200, values), { most: 100 });
  assert.equal(windows, ["m"]);
  const block = blockOf<Matrix>(description, 0);
  assert.equal([block.values.length, block.pooled], [100, [1, 8]]);
  assert.ok(block.values.includes(-4));
  checkDescription(description);
  assert.match(toText(description, { columns: 120, colour: 0 }), /column 72|col 72/);
  assert.is(description.axes["col"]?.labels.length, 200); // the whole axis is still there
});

test("what a picture has not is refused in words", () => {
  const d = heads(4);
  assert.equal(
    failure(() => windowOf(d, ask({ block: "heads" }))),
    ["VIEW_OPTION", 'The option block is "heads". Give the id of a matrix: "head".'],
  );
  assert.equal(
    failure(() => windowOf(describe({ view: "v", title: "t", axes: [], blocks: [] }), ask({}))),
    ["VIEW_OPTION", 'The option block is "head". Give the id of a matrix: this picture has none.'],
  );
  assert.equal(
    failure(() => windowOf(d, ask({ rows: [2, 2] }))),
    [
      "VIEW_OPTION",
      'The option rows is "2 to 2". Give two whole numbers, the first below the second, up to 4.',
    ],
  );
  assert.equal(
    failure(() => windowOf(d, ask({ cols: [0, 5] }))),
    [
      "VIEW_OPTION",
      'The option cols is "0 to 5". Give two whole numbers, the first below the second, up to 4.',
    ],
  );
  assert.equal(
    failure(() => windowOf(d, ask({ by: [0, 1] }))),
    ["VIEW_DATA", "windowOf was given request.by[0] as 0. Give a whole number from 1 on."],
  );
});

test("CSV in parts is the CSV, however large", () => {
  for (const d of [heads(96), large(4, 3, new Float32Array(12)), large(260, 200, new Float32Array(52_000))]) {
    const parts = [...csvParts(d)];
    assert.ok(parts.join("") === toCSV(d));
  }
  assert.is([...csvParts(heads(96))].length, 6 + 2); // each facet, the large one, and the tokens
});

test("JSON in parts is read as the same description, every number as it was, also where texts look like marks", () => {
  const values = Float32Array.from({ length: 200_000 }, (_, i) =>
    i === 5 ? Number.NaN : Math.fround(i / 3),
  );
  const d = describe({
    view: "v",
    title: '@ @@ "f32":"@0',
    axes: [plainAxis("row", range(400)), plainAxis("col", range(500))],
    scales: { s: diverging([4], "s") },
    blocks: [{ block: "matrix", id: "m", rows: "row", cols: "col", scale: "s", values } as Matrix],
  });
  const back = fromJSON([...jsonParts(d)].join(""));
  assert.is(back.title, d.title);
  const read = blockOf<Matrix>(back, 0).values;
  assert.ok(values.every((value, i) => Object.is(value, read[i])));
});

test.run();
