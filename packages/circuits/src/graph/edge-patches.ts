import {
  add,
  concat,
  gather,
  matMul,
  reshape,
  slice,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  transpose,
  where,
} from "@tensorflow/tfjs-core";
import { keptClone } from "@hookdict/tensordict/tensors";
import { headsFrom } from "../residual/parts.ts";
import { Captures, type HookAt } from "../runs/hooked-run.ts";
import { wholeNorm } from "../stream/norms.ts";
import type { EdgeRuns } from "./edge-runs.ts";
import type { Destination } from "./layout.ts";
import { readEach, readingNorm } from "./readers.ts";

/** One run of a prompt in which some edges carry other values than the run's own. */
export interface EdgeRow {
  readonly pair: number;
  /** 1 where an edge carries the other value, `[source * destination]`, row-major. */
  readonly edges: Uint8Array;
}

/** What edges carry in place of the run's own values: `[pair, source, pos, dModel]`. */
export type OtherValues = Tensor;

/**
 * Runs clean prompts, a row each, in which chosen edges carry other values: what a source adds in the corrupt run, or on average, and
 * nothing else of it. Each destination reads its own stream then: `x + sum over its edges of (other - own)`.
 *
 * @param layer The first layer at which an edge ends.
 * @returns The metric of each row, `[row]`, **owned**.
 */
export function runEdges(
  runs: EdgeRuns,
  rows: readonly EdgeRow[],
  layer: number,
  others: OtherValues,
): Tensor {
  using state = new RowStreams(runs, rows, layer, others);
  const pairs = rows.map(({ pair }) => pair);
  return tidy(() => {
    const start = { layers: pairs.map(() => layer), position: 0 };
    const [metric] = runs.clean.metrics(pairs, start, state.hooks);
    return keptClone(metric as Tensor); // one metric was asked for
  });
}

/** The streams of one run: how far each source's other value is from its own, as sources come. */
class RowStreams implements Disposable {
  readonly #runs: EdgeRuns;
  readonly #rows: readonly EdgeRow[];
  readonly #others: OtherValues;
  readonly #captures = new Captures();
  /** Differences of the sources so far, `[row, source, pos, dModel]`, at the positions that the run is at. */
  #differences: Tensor;
  #positions: number;
  readonly hooks: HookAt[] = [];

  constructor(runs: EdgeRuns, rows: readonly EdgeRow[], layer: number, others: OtherValues) {
    this.#runs = runs;
    this.#rows = rows;
    this.#others = others;
    this.#positions = runs.clean.end;
    const before = runs.layout.firstOf(layer);
    // Before the first patched layer the run is the clean one.
    this.#differences = tidy(() =>
      keptClone(sub(this.#otherOf(0, before), this.#rowsOf(runs.cleanOutputs, 0, before))),
    );
    const { model } = runs;
    for (let at = layer; at < model.blocks.length; at++) this.#addLayer(at);
  }

  #addLayer(layer: number): void {
    const { model, layout } = this.#runs;
    const block = `blocks.${layer}`;
    const parts = layout.destinations.flatMap((each, i) =>
      each.layer === layer ? [[each, i] as const] : [],
    );
    const captured = (path: string): Tensor => this.#captures.get(path);
    this.hooks.push(this.#captures.at(`${block}.hook_resid_pre`), this.#captures.at(`${block}.attn.hook_z`));
    const post = model.config.blocks[layer]?.norms.includes("ln1_post") === true;
    if (post) this.hooks.push(this.#captures.at(`${block}.ln1_post.hook_scale`));
    for (const kind of ["q", "k", "v"] as const) {
      const ends = parts.filter(([each]) => each.kind === kind);
      if (!this.#isUsed(ends)) continue;
      this.hooks.push({
        path: `${block}.attn.hook_${kind}`,
        run: (value) =>
          tidy(() => this.#readBy(layer, kind, value, ends, captured(`${block}.hook_resid_pre`))),
      });
    }
    this.hooks.push({
      path: `${block}.hook_attn_out`,
      run: (value) => {
        this.#narrow(value.shape[1] ?? 1);
        this.#append(() => transpose(headsFrom(model, layer, captured), [1, 0, 2, 3]), layout.firstOf(layer));
      },
    });
    this.#addMlp(layer, parts.filter(([each]) => each.kind === "mlp")); // prettier-ignore
  }

  #addMlp(layer: number, ends: readonly Ending[]): void {
    const { model, layout } = this.#runs;
    const block = `blocks.${layer}`;
    if (this.#isUsed(ends)) {
      const norm = readingNorm(model, layer, "mlp");
      const isOwn = norm?.path === `${block}.ln2`;
      this.hooks.push({
        path: isOwn ? norm.path : `${block}.mlp`,
        direction: "fwd_pre",
        run: (value) =>
          tidy(() => {
            if (isOwn || norm === undefined) return add(value, this.#along(ends));
            // One norm for both: what the MLP takes is computed anew from the stream.
            const stream = this.#captures.get(`${block}.hook_resid_pre`);
            const own = this.#runs.clean.atPositionsOf(stream, this.#positions, 1);
            return wholeNorm(add(own, this.#along(ends)), norm);
          }),
      });
    }
    this.hooks.push({
      path: `${block}.hook_mlp_out`,
      run: (value) => {
        const [rows = 1, ...rest] = value.shape;
        this.#append(() => reshape(value, [rows, 1, ...rest]), layout.firstOf(layer + 1) - 1);
      },
    });
    if (layer < model.blocks.length - 1) return;
    const last = layout.destinations.flatMap((each, i) =>
      each.kind === "logits" ? [[each, i] as const] : [],
    );
    if (!this.#isUsed(last)) return;
    // Nothing reads the stream there but the head.
    this.hooks.push({
      path: `${block}.hook_resid_post`,
      run: (value) => tidy(() => add(value, this.#along(last))),
    });
  }

  /** Queries, keys or values: computed anew where an edge ends, otherwise those that the run has. */
  #readBy(
    layer: number,
    kind: "q" | "k" | "v",
    value: Tensor,
    ends: readonly Ending[],
    stream: Tensor,
  ): Tensor {
    const [rows = 1, all = 1, dModel = 1] = stream.shape;
    const whole = add(reshape(stream, [rows, 1, all, dModel]), this.#sums(ends));
    // Queries are perhaps at one position alone.
    const streams = this.#runs.clean.atPositionsOf(whole, value.shape[1] ?? 1, 2);
    const read = readEach(this.#runs.model, layer, kind, streams);
    const isPatched = this.#rows.flatMap((row) => ends.map(([, at]) => (this.#hasEdge(row, at) ? 1 : 0)));
    return where(tensor(isPatched, [rows, 1, ends.length, 1], "bool"), read, value);
  }

  /** What a destination that is alone of its kind reads besides the stream, `[row, pos, dModel]`. */
  #along(ends: readonly Ending[]): Tensor {
    const sums = this.#sums(ends);
    const [rows = 1, , pos = 1, dModel = 1] = sums.shape;
    return reshape(sums, [rows, pos, dModel]);
  }

  /** Sums of differences over the edges that end at each destination, `[row, destination, pos, dModel]`. */
  #sums(ends: readonly Ending[]): Tensor {
    const [rows = 1, sources = 1, pos = 1, dModel = 1] = this.#differences.shape;
    const width = this.#runs.layout.destinations.length;
    const chosen = new Float32Array(rows * ends.length * sources);
    for (const [r, { edges }] of this.#rows.entries())
      for (const [e, [, at]] of ends.entries())
        for (let s = 0; s < sources; s++)
          chosen[(r * ends.length + e) * sources + s] = edges[s * width + at] ?? 0;
    const product = matMul(
      tensor(chosen, [rows, ends.length, sources]),
      reshape(this.#differences, [rows, sources, pos * dModel]),
    );
    return reshape(product, [rows, ends.length, pos, dModel]);
  }

  #isUsed(ends: readonly Ending[]): boolean {
    return this.#rows.some((row) => ends.some(([, at]) => this.#hasEdge(row, at)));
  }

  #hasEdge({ edges }: EdgeRow, destination: number): boolean {
    const width = this.#runs.layout.destinations.length;
    for (let at = destination; at < edges.length; at += width) if (edges[at] === 1) return true;
    return false;
  }

  /** The next sources of the run, `[row, source, pos, dModel]`, of which the first has a number. */
  #append(own: () => Tensor, first: number): void {
    const joined = tidy(() => {
      const values = own();
      const difference = sub(this.#otherOf(first, values.shape[1] ?? 1), values);
      return keptClone(concat([this.#differences, difference], 1));
    });
    this.#differences.dispose();
    this.#differences = joined;
  }

  /** From here on the run is perhaps at one position alone. */
  #narrow(positions: number): void {
    if (positions === this.#positions) return;
    this.#positions = positions;
    const narrowed = tidy(() => keptClone(this.#runs.clean.atPositionsOf(this.#differences, positions, 2)));
    this.#differences.dispose();
    this.#differences = narrowed;
  }

  #otherOf(first: number, count: number): Tensor {
    return this.#rowsOf(this.#others, first, count);
  }

  #rowsOf(values: Tensor, first: number, count: number): Tensor {
    const pairs = tensor1d(
      this.#rows.map(({ pair }) => pair),
      "int32",
    );
    const those = slice(values, [0, first], [-1, count]);
    return gather(this.#runs.clean.atPositionsOf(those, this.#positions, 2), pairs);
  }

  [Symbol.dispose](): void {
    this.#captures[Symbol.dispose]();
    this.#differences.dispose();
  }
}

/** A destination and its number. */
type Ending = readonly [Destination, number];
