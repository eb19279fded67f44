import type { Command } from "./command.node.ts";
import { enqueue } from "./commands/enqueue.node.ts";
import { gc } from "./commands/gc.node.ts";
import { pack } from "./commands/pack.node.ts";
import { plan } from "./commands/plan.node.ts";
import { retry } from "./commands/retry.node.ts";
import { run } from "./commands/run.node.ts";
import { seal } from "./commands/seal.node.ts";
import { status } from "./commands/status.node.ts";
import { verify } from "./commands/verify.node.ts";
import { work } from "./commands/work.node.ts";

/** Every command, in the order in which they are used. */
export const COMMANDS: readonly Command[] = [pack, plan, run, enqueue, work, status, retry, verify, seal, gc];
