import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

// Debian's chromium brings a Vulkan loader and a driver that computes on the processor. Dawn looks the loader up by its
// name, so the variables must be there when a process starts.
const CHROMIUM = "/usr/lib/chromium";
const software = { LD_LIBRARY_PATH: CHROMIUM, VK_DRIVER_FILES: `${CHROMIUM}/vk_swiftshader_icd.json` };

const PROBE = `
const { create } = await import("webgpu");
process.exit((await create([]).requestAdapter({ powerPreference: "high-performance" })) === null ? 1 : 0);
`;

/**
 * Variables with which a process finds a WebGPU adapter: none where the system has a driver, those of a software driver
 * where that is installed; `undefined` where nothing is found.
 */
export function findWebGpu(): Readonly<Record<string, string>> | undefined {
  const choices = existsSync(software.VK_DRIVER_FILES) ? [{}, software] : [{}];
  return choices.find((env) => hasAdapter(env));
}

function hasAdapter(env: Readonly<Record<string, string>>): boolean {
  const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", PROBE], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  return status === 0;
}
