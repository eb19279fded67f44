import "../lifetime/symbols.ts";

export { collectTensors } from "./collect.ts";
export { activeScope, engineInternals, isTaping } from "./engine.ts";
export { oneHotRows } from "./one-hot.ts";
export {
  freeingMade,
  keptClone,
  leaveToScope,
  noteMade,
  ownedBy,
  refClone,
  share,
  tensorMark,
} from "./ownership.ts";
export { readNow } from "./read-now.ts";
export { releaseTape, releaseTapeLater } from "./tape.ts";
