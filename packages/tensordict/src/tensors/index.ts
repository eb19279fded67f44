import "../lifetime/symbols.ts";

export { collectTensors } from "./collect.ts";
export { leaveToScope, tensorMark } from "./leave.ts";
export { activeScope, engineInternals, isTaping, keptClone, ownedBy, refClone, share } from "./reference.ts";
export { releaseTape, releaseTapeLater } from "./tape.ts";
