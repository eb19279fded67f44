import type { DispatchFigures } from "./cases/dispatch.ts";
import type { LayerDispatchFigures } from "./cases/layer-dispatch.ts";
import type { EarlyStopFigures } from "./cases/early-stop.ts";
import type { ForwardFigures } from "./cases/forward.ts";
import type { HarvestFigures } from "./cases/harvest.ts";
import type { LlamaFigures } from "./cases/llama.ts";
import type { MemoryFigures } from "./cases/memory.ts";
import type { PrepareFigures } from "./cases/prepare.ts";
import type { ProfileFigures } from "./cases/profile.ts";
import type { TensorDictFigure } from "./cases/tensordict.ts";
import type { KernelTime } from "./kernel-times.ts";
import type { Timing } from "./measure.ts";

/** Figures of one backend: those that were asked for. */
export interface BackendFigures {
  readonly backend: string;
  /** Threads that share in its large products, where it tells. */
  readonly threads?: number;
  readonly dispatch?: DispatchFigures;
  /** Absent in older results. */
  readonly layerDispatch?: LayerDispatchFigures;
  readonly prepare?: PrepareFigures;
  readonly forward?: readonly ForwardFigures[];
  readonly profile?: ProfileFigures;
  readonly llama?: LlamaFigures;
  readonly memory?: MemoryFigures;
  readonly earlyStop?: EarlyStopFigures;
  readonly harvest?: HarvestFigures;
  readonly tensorDict?: readonly TensorDictFigure[];
}

/** One run of the benchmark. */
export interface Results {
  readonly date: string;
  readonly node: string;
  readonly cores: number;
  readonly backends: readonly BackendFigures[];
}

/** Figures as Markdown tables. */
export function renderTables(measured: Results): string {
  const backends = measured.backends.map((each) => ({ ...each, backend: label(each) }));
  const results = { ...measured, backends };
  const tables = [
    ...(backends.some(({ forward }) => forward) ? [renderForward(results)] : []),
    ...(backends.some(({ layerDispatch }) => layerDispatch) ? [renderMore(results)] : []),
    ...backends.flatMap(({ backend, tensorDict }) => (tensorDict ? [renderDicts(backend, tensorDict)] : [])),
    ...backends.flatMap(({ backend, profile }) => (profile ? [renderProfile(backend, profile)] : [])),
    ...backends.flatMap(({ backend, llama }) => (llama ? [renderLlama(backend, llama)] : [])),
    ...backends.flatMap(({ backend, memory }) => (memory ? [renderMemory(backend, memory)] : [])),
    ...backends.flatMap(({ backend, harvest }) => (harvest ? [renderHarvest(backend, harvest)] : [])),
    ...backends.flatMap(({ backend, earlyStop }) => (earlyStop ? [renderEarlyStop(backend, earlyStop)] : [])),
  ];
  return tables.join("\n\n");
}

function label({ backend, threads }: BackendFigures): string {
  if (threads === undefined) return backend;
  return `${backend}, ${threads === 1 ? "one thread" : `${threads} threads`}`;
}

function renderDicts(backend: string, figures: readonly TensorDictFigure[]): string {
  const rows = figures.map(({ operation, publishedUs, tensorDictUs, objectUs, mapUs }) => {
    const times = [publishedUs, tensorDictUs, objectUs, mapUs, tensorDictUs - objectUs];
    return [operation, ...times.map((us) => `${us.toFixed(Math.abs(us) < 10 ? 2 : 0)} µs`)].join(" | ");
  });
  return [
    `| TensorDict operation on ${backend} | CPython, published | here | plain objects | Maps | more than objects |`,
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

/** Kernels that a profile shows one by one; the others are one line. */
const SHOWN = 12;

function renderProfile(backend: string, { forward, products, kernels, outsideMs }: ProfileFigures): string {
  const rest = kernels.slice(SHOWN);
  const ms = (value: number): string => value.toFixed(2);
  const sum = (each: readonly KernelTime[], of: "calls" | "ms"): number =>
    each.reduce((total, kernel) => total + kernel[of], 0);
  return [
    `${backend}: forward ${time(forward)}, its matrix products alone ${time(products)}, ${ratio(forward, products)}`,
    "",
    "| kernel | shapes | calls | ms |",
    "| --- | --- | --- | --- |",
    ...kernels
      .slice(0, SHOWN)
      .map(({ kernel, shapes, calls, ms: took }) => `| ${kernel} | ${shapes} | ${calls} | ${ms(took)} |`),
    `| ${rest.length} others | | ${sum(rest, "calls")} | ${ms(sum(rest, "ms"))} |`,
    `| outside of kernels | | | ${ms(outsideMs)} |`,
  ].join("\n");
}

function renderMemory(backend: string, { passes, residentMiB, tensors }: MemoryFigures): string {
  const [first = Number.NaN, ...later] = residentMiB;
  const steps = later.map((mib) => mib.toFixed(0)).join(", ");
  return `${backend}: ${passes} captured passes of ioi-tiny, ${tensors} tensors more; resident ${first.toFixed(0)} MiB, then ${steps}`;
}

function renderEarlyStop(backend: string, { tokens, whole, stopped }: EarlyStopFigures): string {
  return `${backend}: GPT-2-small shape, ${tokens} tokens: whole run ${time(whole)}, stopped after layer 7 of 12 ${time(stopped)}, ${ratio(stopped, whole)}`;
}

function renderLlama(backend: string, { forward, products }: LlamaFigures): string {
  return `${backend}: Llama's shape, 16 layers 1024 wide, 128 tokens: forward pass ${time(forward)}, its products ${time(products)}, ${ratio(forward, products)}`;
}

function renderHarvest(backend: string, figures: HarvestFigures): string {
  const { forward, harvested, opened, oneChild, twoChildren, undisturbed, childKilled } = figures;
  const { redisMs, postgresMs } = figures;
  const alone = { ...harvested, medianMs: harvested.medianMs - opened.medianMs };
  const share = (ms: number | undefined): string =>
    ms === undefined ? "not installed" : `${(ms / 10).toFixed(2)} %`;
  const megabytes = (rate: number): string => `${Math.round(rate / 1e6)} MB/s`;
  return [
    `${backend}: harvest of every residual in float16, by bare forward passes with logits read: ${ratio(harvested, forward)}, without the opening of the model ${ratio(alone, forward)}`,
    `one child ${time(oneChild)}, two ${time(twoChildren)}, starts included: ${ratio(oneChild, twoChildren)}`,
    `a child killed once: ${(childKilled.medianMs - undisturbed.medianMs).toFixed(0)} ms more`,
    `read: files whole ${megabytes(figures.filesPerSecond)}, batches in order ${megabytes(figures.sequentialPerSecond)}, shuffled ${megabytes(figures.shuffledPerSecond)}`,
    `memory beyond the model: ${figures.memoryShards.toFixed(1)} shards of 64 MiB`,
    `a queue, of items of 1 s: Redis ${share(redisMs)}, PostgreSQL ${share(postgresMs)}`,
  ].join("\n");
}

/** Ratios against the bare forward pass of the same run. */
function renderForward(results: Results): string {
  const rows = results.backends.flatMap(({ backend, forward = [] }) =>
    forward.map((figures) =>
      [
        backend,
        `${figures.model}, ${figures.tokens} tokens`,
        time(figures.bare),
        ratio(figures.hooked, figures.bare),
        ratio(figures.captured, figures.bare),
      ].join(" | "),
    ),
  );
  const costs = results.backends.flatMap(({ backend, dispatch, prepare }) =>
    dispatch && prepare
      ? [
          [
            backend,
            `${dispatch.hookUs.toFixed(2)} µs`,
            `${dispatch.captureUs.toFixed(2)} µs`,
            `${dispatch.disposedUs.toFixed(2)} µs`,
            `${prepare.coldMs.toFixed(1)} ms`,
            `${prepare.warm.medianMs.toFixed(1)} ms`,
          ].join(" | "),
        ]
      : [],
  );
  return [
    "| backend | model | bare forward pass | empty hook at every site | every site captured |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
    "| backend | empty hook, each | capture, each | after disposal, each | prepare and dispose, 10,000 sites, cold | the same, warm |",
    "| --- | --- | --- | --- | --- | --- |",
    ...costs.map((row) => `| ${row} |`),
  ].join("\n");
}

/** What results have since these figures are taken. */
function renderMore({ backends }: Results): string {
  const us = (value: number): string => `${value.toFixed(2)} µs`;
  const rows = backends.flatMap(({ backend, layerDispatch, prepare }) =>
    layerDispatch === undefined || prepare?.plainColdMs === undefined
      ? []
      : [
          `| ${backend} | ${us(layerDispatch.bareUs)} | ${us(layerDispatch.hookUs)} | ${us(layerDispatch.captureUs)} | ${prepare.plainColdMs.toFixed(1)} ms |`,
        ],
  );
  return [
    "| backend | a layer that does nothing | empty hook on it | capture of it | plain walk of the 10,000 sites, cold |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function time({ medianMs, lowMs, highMs }: Timing): string {
  const digits = medianMs < 10 ? 2 : 0;
  return `${medianMs.toFixed(digits)} ms (${lowMs.toFixed(digits)} to ${highMs.toFixed(digits)})`;
}

function ratio(some: Timing, bare: Timing): string {
  return `${(some.medianMs / bare.medianMs).toFixed(3)} ×`;
}
