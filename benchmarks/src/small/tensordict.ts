import { TensorDict } from "@hookdict/tensordict";
import { refClone } from "@hookdict/tensordict/tensors";
import { keep, type Scalar, scalar, stack, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { compare, type Task } from "../measure.ts";

/** One operation on a TensorDict and on plain containers with the same tensors, in microseconds per operation. */
export interface TensorDictFigure {
  readonly operation: string;
  /** What tensordict publishes for CPython. */
  readonly publishedUs: number;
  readonly tensorDictUs: number;
  /** Objects, with the same operations on tensors: references made, old ones freed, kernels run. */
  readonly objectUs: number;
  /** Maps, likewise. */
  readonly mapUs: number;
}

type Content = Record<string, Tensor>;
type TensorMap = Map<string, Tensor>;

/** What is timed: inputs are made before and freed after, together with the result. */
interface Operation<T> {
  readonly prepare: () => readonly Content[];
  readonly convert: (content: Content) => T;
  readonly run: (inputs: readonly T[]) => unknown;
  readonly free: (value: T) => void;
  readonly freeResult?: (result: never) => void;
}

/** All operations, one after the other. */
export async function tensorDictFigures(): Promise<TensorDictFigure[]> {
  return [
    await construct(2, 1.8, 100),
    await construct(100, 48, 5),
    await construct(256, 51, 2),
    await stackDicts(64, 20, 151),
    await update(1024, 550),
  ];
}

function scalars(keys: number): Content {
  const tensors = tidy(() => Array.from({ length: keys }, (_, i): Scalar => keep(scalar(i))));
  return Object.fromEntries(tensors.map((tensor, i) => [`key${i}`, tensor]));
}

const freeObject = (content: Content): void => Object.values(content).forEach((tensor) => tensor.dispose());
const freeMap = (map: TensorMap): void => map.forEach((tensor) => tensor.dispose());
const freeDict = (td: TensorDict): void => td.dispose();
const asMap = (content: Content): TensorMap => new Map(Object.entries(content));
const asDict = (content: Content): TensorDict => new TensorDict(content);
const same = (content: Content): Content => content;

/** New containers from a record: what is timed is `run`, over `repeats` records. */
async function construct(keys: number, publishedUs: number, repeats: number): Promise<TensorDictFigure> {
  const prepare = (): Content[] => Array.from({ length: repeats }, () => scalars(keys));
  const build = <T>(make: (content: Content) => T, free: (value: T) => void): Task =>
    task<Content>({
      prepare,
      convert: same,
      run: (inputs) => inputs.map((content) => make(content)),
      free: () => undefined,
      freeResult: (made: readonly T[]) => made.forEach((value) => free(value)),
    });
  return figure(`construct, ${keys} keys`, publishedUs, repeats, {
    tensorDict: build(asDict, freeDict),
    object: build((content) => ({ ...content }), freeObject),
    map: build(asMap, freeMap),
  });
}

async function stackDicts(dicts: number, keys: number, publishedUs: number): Promise<TensorDictFigure> {
  const prepare = (): Content[] => Array.from({ length: dicts }, () => scalars(keys));
  const stackObjects = (all: readonly Content[]): Content =>
    Object.fromEntries(
      Object.keys(all[0] ?? {}).map((key) => [key, stack(all.map((content) => content[key] as Tensor))]),
    );
  const stackMaps = (all: readonly TensorMap[]): TensorMap =>
    new Map(
      [...(all[0]?.keys() ?? [])].map((key) => [
        key,
        stack(all.map((content) => content.get(key) as Tensor)),
      ]),
    );
  return figure(`stack, ${dicts} dicts of ${keys} leaves`, publishedUs, 1, {
    tensorDict: task<TensorDict>({
      prepare,
      convert: asDict,
      run: (all) => TensorDict.stack(all),
      free: freeDict,
      freeResult: freeDict,
    }),
    object: task<Content>({
      prepare,
      convert: same,
      run: stackObjects,
      free: freeObject,
      freeResult: freeObject,
    }),
    map: task<TensorMap>({ prepare, convert: asMap, run: stackMaps, free: freeMap, freeResult: freeMap }),
  });
}

/** Every leaf replaced by a reference to another's, and the old one freed. */
async function update(leaves: number, publishedUs: number): Promise<TensorDictFigure> {
  const prepare = (): Content[] => [scalars(leaves), scalars(leaves)];
  return figure(`update, ${leaves} leaves`, publishedUs, 1, {
    tensorDict: task<TensorDict>({
      prepare,
      convert: asDict,
      run: ([into, from]) => into?.update(from ?? {}),
      free: freeDict,
    }),
    object: task<Content>({
      prepare,
      convert: same,
      run: ([into = {}, from = {}]) => {
        for (const [key, tensor] of Object.entries(from)) {
          into[key]?.dispose();
          into[key] = keep(refClone(tensor));
        }
      },
      free: freeObject,
    }),
    map: task<TensorMap>({
      prepare,
      convert: asMap,
      run: ([into, from]) =>
        from?.forEach((tensor, key) => {
          into?.get(key)?.dispose();
          into?.set(key, keep(refClone(tensor)));
        }),
      free: freeMap,
    }),
  });
}

function task<T>({ prepare, convert, run, free, freeResult }: Operation<T>): Task {
  let inputs: readonly T[] = [];
  let result: unknown;
  return {
    before: () => void (inputs = prepare().map((content) => convert(content))),
    run: () => void (result = run(inputs)),
    after: () => {
      freeResult?.(result as never); // what `run` has just made
      inputs.forEach((input) => free(input));
    },
  };
}

async function figure(
  operation: string,
  publishedUs: number,
  repeats: number,
  tasks: Readonly<Record<"tensorDict" | "object" | "map", Task>>,
): Promise<TensorDictFigure> {
  const { tensorDict, object, map } = await compare(tasks, { rounds: 300, warmups: 100, budgetMs: 5000 });
  const perOperation = (ms: number): number => (ms * 1000) / repeats;
  return {
    operation,
    publishedUs,
    tensorDictUs: perOperation(tensorDict.medianMs),
    objectUs: perOperation(object.medianMs),
    mapUs: perOperation(map.medianMs),
  };
}
