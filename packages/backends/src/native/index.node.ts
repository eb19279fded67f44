export { buildNative } from "./build.node.ts";
export type { BuildOptions, BuiltNative } from "./build.node.ts";
export { findBuild } from "./addon-package.node.ts";
export type { AddonPackageName, Build } from "./addon-package.node.ts";
export type { Host } from "./host.node.ts";
export { examineBackends } from "./examine.node.ts";
export type { Examination, Examined } from "./examine.node.ts";
export { runCommandLine } from "./command-line.node.ts";
export type { CommandLineResult } from "./command-line.node.ts";
