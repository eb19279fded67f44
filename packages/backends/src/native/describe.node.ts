import { type AddonPackageName, findBuild } from "./addon-package.node.ts";

/** What the native backend is, once it is loaded. */
export function describeNative(name: AddonPackageName): string {
  const build = findBuild(name);
  if (build === undefined) return `${name}'s own addon`;
  const { version, folder } = build.tensorflow;
  return `TensorFlow ${version} in ${folder}${build.gpu ? ", with a GPU" : ""}`;
}
