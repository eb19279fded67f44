/** What pip is told to bring TensorFlow. */
export interface PythonPackage {
  /** Name to install it by, as a shell takes it. */
  readonly install: string;
  /** Name to download its wheel by. */
  readonly download: string;
}

/** The package for a machine: `tensorflow-cpu`, the smaller one, exists for Linux on x64 alone and knows no graphics card. */
export function pythonPackage(
  { platform, arch }: { readonly platform: string; readonly arch: string },
  gpu: boolean,
): PythonPackage {
  const download = platform === "linux" && arch === "x64" && !gpu ? "tensorflow-cpu" : "tensorflow";
  return { download, install: gpu ? "'tensorflow[and-cuda]'" : download };
}
