// The part of WebGPU that starting a backend needs, as W3C's specification has it.

/** `navigator.gpu`, or what the `webgpu` package makes. */
export interface Gpu {
  requestAdapter(options: { readonly powerPreference: string }): Promise<GpuAdapter | null>;
}

/** A driver for one device. */
export interface GpuAdapter {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number | undefined>>;
  readonly info: GpuAdapterInfo;
  requestDevice(options: {
    readonly requiredFeatures: readonly string[];
    readonly requiredLimits: Readonly<Record<string, number>>;
  }): Promise<GpuDevice>;
}

export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

export interface GpuDevice {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  destroy(): void;
}

/** WebGPU on this platform. */
export interface GpuSource {
  readonly gpu: Gpu;
  /** Classes and constants that TensorFlow.js takes from the global object; none where they are there already. */
  readonly globals: Readonly<Record<string, unknown>>;
}
