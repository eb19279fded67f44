import { CleanupStack, TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { memoryDirectory, type MemoryDirectory } from "@hookdict/tensordict/io";
import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { owned, type Recipes, type Subject } from "../recipes.ts";

const dict = (): TensorDict =>
  new TensorDict(
    { x: tensor2d([1, 2, 3, 4], [2, 2]), deep: { n: tensor1d([5, 6], "int32") }, name: "a" },
    { batchSize: [2] },
  );

async function rows(): Promise<MemoryDirectory> {
  const directory = memoryDirectory("rows");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  using td = dict();
  await writer.append(td);
  await writer.close();
  return directory;
}

const writesFiles = "a text names a file, which it would write";
const author = "for messages of errors, of our own packages";

export const TENSORDICT: Recipes = {
  subjects: {
    CleanupStack: () => ({ value: new CleanupStack() }),
    LazyStack: () => owned(TensorDict.lazyStack([dict(), dict()])),
    TensorDict: () => owned(dict()),
    SavedTensorDict: async (): Promise<Subject> => {
      const directory = memoryDirectory("saved");
      using td = dict();
      await td.save(await directory.create("x"));
      return owned(await TensorDict.open(directory.files.get("x") as Uint8Array)); // just written
    },
    TensorDictReader: async () => owned(await TensorDictReader.open(await rows())),
    TensorDictWriter: async (): Promise<Subject> => {
      const writer = await TensorDictWriter.open(memoryDirectory("rows"), { rowsPerShard: 2 });
      return { value: writer, end: async () => writer.close() };
    },
  },
  right: {
    "new TensorDict": () => [{ x: tensor1d([1]) }, { batchSize: [1] }],
  },
  spared: {
    CheckError: "an error: its maker is inside the packages",
    FormatError: "likewise",
    HookError: "likewise",
    HookdictError: "likewise",
    KeyError: "likewise",
    LifetimeError: "likewise",
    MatchError: "likewise",
    ShapeError: "likewise",
    UsageError: "likewise",
    "CleanupStack.dispose": "throws the error that it is given",
    "TensorDict.save": writesFiles,
    openSink: writesFiles,
    writableDirectory: writesFiles,
    writeSafetensors: writesFiles,
    "TensorDictWriter::open": writesFiles,
    "new LazyStack": "internal: TensorDict.lazyStack makes it",
    "new SavedTensorDict": "internal: TensorDict.open makes it",
    "new TensorDictWriter": "internal: TensorDictWriter.open makes it",
    "new TensorDictReader": "internal: TensorDictReader.open makes it",
    argumentInvalid: author,
    checkArgument: "it makes these errors, for our own packages",
    checkOptionNames: "likewise",
    forEachTensor: "a walk on the way of each run, for our own packages",
    joinErrors: "for our own packages",
    mapTensors: "a walk on the way of each run, for our own packages",
    readNow: "likewise",
    undoAll: "for our own packages",
    formatBytes: author,
    formatKey: author,
    formatNearest: author,
    headline: author,
    nearestNames: author,
    pathKey: author,
    shown: author,
    visible: author,
    showAsText: "for classes of our own packages",
    activeScope: "what TensorFlow.js keeps to itself, for our own packages",
    collectTensors: "likewise",
    engineInternals: "likewise",
    freeingMade: "likewise",
    isTaping: "likewise",
    keptClone: "likewise",
    leaveToScope: "likewise",
    ownedBy: "likewise",
    refClone: "likewise",
    releaseTape: "likewise",
    releaseTapeLater: "likewise",
    share: "likewise",
    tensorMark: "likewise",
  },
};
