// `node --import @hookdict/loader`: runs TypeScript files as they are.
import module from "node:module";
import * as hooks from "./hooks.mjs";
import { hasMaps } from "./lower.mjs";
import { prepareStackTrace } from "./stacks.mjs";

if (hasMaps) process.setSourceMapsEnabled(true);
else Error.prepareStackTrace = prepareStackTrace;
// Newer versions of Node run hooks on this thread, which spares a second one.
if ("registerHooks" in module) module.registerHooks(hooks);
else module.register("./hooks.mjs", import.meta.url);
