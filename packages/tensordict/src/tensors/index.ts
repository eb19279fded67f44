import "../lifetime/symbols.ts";

export { collectTensors } from "./collect.ts";
export { activeScope, engineInternals, isTaping } from "./engine.ts";
export { keptClone, leaveToScope, ownedBy, refClone, share, tensorMark } from "./ownership.ts";
export { readNow } from "./read-now.ts";
export { releaseTape, releaseTapeLater } from "./tape.ts";
