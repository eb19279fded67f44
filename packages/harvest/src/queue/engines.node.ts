import { bullmq } from "../bullmq/engine.node.ts";
import type { EngineKind } from "./kind.ts";

/** Every engine that an address opens. */
export const ENGINES: readonly EngineKind[] = [bullmq];
