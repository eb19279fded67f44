const scope = globalThis as unknown as Record<string, unknown>; // written to by name

/** Defines global names that are missing; returns what takes exactly those away again. */
export function installGlobals(values: Readonly<Record<string, unknown>>): () => void {
  const missing = Object.keys(values).filter((name) => !(name in scope));
  for (const name of missing)
    Object.defineProperty(scope, name, { value: values[name], configurable: true, writable: true });
  return () => {
    for (const name of missing) delete scope[name];
  };
}

/** Runs `make` while `navigator.gpu` is there, which the backend's constructor looks for. */
export function withNavigator<T>(gpu: unknown, make: () => T): T {
  const removeNavigator = installGlobals({ navigator: {} });
  const navigator = scope["navigator"] as Record<string, unknown>;
  const hadGpu = "gpu" in navigator;
  if (!hadGpu) Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    return make();
  } finally {
    if (!hadGpu) delete navigator["gpu"];
    removeNavigator();
  }
}
