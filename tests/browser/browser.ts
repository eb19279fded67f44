import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Gives the bytes and the type of what lies at a path of the site; `undefined` where there is nothing. */
export type Site = (
  path: string,
) => { readonly type: string; readonly body: string | Uint8Array } | undefined;

/** Headers of a page that is isolated from other origins, so that it may share memory with workers. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** How a page is served. */
export interface VisitOptions {
  readonly isolated?: boolean;
}

/** The Chromium that is installed: `CHROMIUM`, or one of its usual names; `undefined` where there is none. */
export function findChromium(): string | undefined {
  const given = process.env["CHROMIUM"];
  if (given !== undefined) return given;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** Opens the site's `/` in a headless browser, and gives the text that the page posts to `/report`. */
export async function visit(
  chromium: string,
  site: Site,
  { isolated = false }: VisitOptions = {},
): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), "hookdict-chromium-"));
  const server = createServer();
  let stop = (): Promise<unknown> => Promise.resolve();
  try {
    const report = serve(server, site, isolated ? ISOLATION : {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // a server that listens at a port has one
    const browser = launch(chromium, profile, `http://127.0.0.1:${port}/`);
    stop = browser.stop;
    return await Promise.race([report, browser.died]);
  } finally {
    await stop();
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

function serve(
  server: ReturnType<typeof createServer>,
  site: Site,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve) => {
    server.on("request", (request, response) => {
      if (request.method === "POST") {
        let text = "";
        request.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
        request.on("end", () => {
          response.end();
          resolve(text);
        });
        return;
      }
      const found = site(request.url ?? "/");
      if (found === undefined) response.writeHead(404).end();
      else response.writeHead(200, { ...headers, "content-type": found.type }).end(found.body);
    });
  });
}

/** A browser that runs until it is stopped; `died` rejects with what it wrote when it ends by itself. */
function launch(
  chromium: string,
  profile: string,
  url: string,
): { readonly died: Promise<never>; readonly stop: () => Promise<void> } {
  const flags = [
    "--headless=new",
    "--no-sandbox",
    // A driver that computes on the processor: no card is needed.
    "--enable-unsafe-webgpu",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
    "--use-webgpu-adapter=swiftshader",
    "--disable-dev-shm-usage",
    "--no-first-run",
  ];
  const child = spawn(chromium, [...flags, `--user-data-dir=${profile}`, url], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let written = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => void (written += chunk));
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const failed = new Promise<never>((_, reject) => child.on("error", reject));
  const ended = closed.then((): never => {
    throw new Error(`the browser ended before the page had reported:\n${written}`);
  });
  const died = Promise.race([ended, failed]);
  died.catch(() => undefined); // looked at only while the page is awaited
  return {
    died,
    stop: async () => {
      child.kill();
      await Promise.race([closed, failed.catch(() => undefined)]);
    },
  };
}
